"""Sending the verdict to a webhook."""

from __future__ import annotations

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
import requests as http

from slo.reports.notifier import MAX_RETRY_AFTER_S, Notifier, NotifierError, notifier_for
from slo.verdict.judge import judge
from tests.support.made import demanding, requests

URL = "https://hooks.example.test/s3cret"
RUN = requests(5)
MISSED = judge(RUN, demanding("indicator: latency.p95, target: 1 ms"))
MET = judge(RUN, demanding("indicator: latency.p95, target: 1 s"))


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a webhook without a network: ``answers`` are what it gives, ``got`` what it got, ``waits`` the pauses."""
    found = SimpleNamespace(answers=[], got=[], waits=[])

    def post(url: str, json: Any, **_: Any) -> Any:
        found.got.append(json)
        answer = found.answers.pop(0) if found.answers else (200, {})
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(status_code=answer[0], headers=answer[1])

    monkeypatch.setattr(http, "post", post)
    monkeypatch.setattr(gevent, "sleep", found.waits.append)
    return found


@pytest.mark.parametrize(("on", "count"), [("fail", 1), ("always", 2)])
def test_only_selected_verdicts_are_sent(webhook: SimpleNamespace, on: str, count: int) -> None:
    notifier = Notifier(URL, on, "json")
    notifier.send(RUN, MISSED)
    notifier.send(RUN, MET)
    assert len(webhook.got) == count


@pytest.mark.parametrize(
    ("url", "kind", "slack"),
    [(URL, "auto", False), (URL, "slack", True), ("https://hooks.slack.com/x", "auto", True)],
)
def test_slack_gets_a_message(webhook: SimpleNamespace, url: str, kind: str, slack: bool) -> None:
    Notifier(url, "fail", kind).send(RUN, MISSED)
    assert ("schema" not in webhook.got[0]) is slack


def test_a_busy_webhook_is_tried_again_and_waited_for(
    webhook: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook.answers += [(503, {}), (429, {"Retry-After": "7"})]
    Notifier(URL, "fail", "json").send(RUN, MISSED)
    assert (len(webhook.got), webhook.waits) == (3, [1.0, 7.0])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("answers", "tries"),
    [
        ([(404, {})], 1),
        ([(429, {"Retry-After": str(int(MAX_RETRY_AFTER_S) + 1)})], 1),
        ([http.ConnectionError(URL)] * 3, 3),
    ],
)
def test_a_failure_is_a_sentence_without_the_secret(
    webhook: SimpleNamespace, capsys: pytest.CaptureFixture[str], answers: list[Any], tries: int
) -> None:
    webhook.answers += answers
    Notifier(URL, "fail", "json").send(RUN, MISSED)
    text = capsys.readouterr().err
    assert text.startswith("locust-slo: the verdict could not be sent to hooks.example.test: ")
    assert "s3cret" not in text
    assert len(webhook.got) == tries


@pytest.mark.parametrize("url", ["ftp://x", "hooks.example.test", "https://"])
def test_a_url_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(NotifierError, match="the URL of a webhook"):
        notifier_for(Namespace(notify=url, notify_on="fail", notify_format="auto"))


def test_without_a_url_there_is_no_notifier() -> None:
    assert notifier_for(Namespace(notify="")) is None
