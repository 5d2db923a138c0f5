"""Who is told of a verdict, and that nothing that befalls the telling changes a run or shows the URL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slo.record.run import Run
from slo.reports import notice
from slo.reports.notifier import RETRY_DELAYS_S, Notifier
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.cluster import free_port
from tests.support.made import demanding, requests
from tests.support.processes import ROOT, Demo, hotel
from tests.support.receiver import Listener
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, finished, start

OBJECTIVES = ("--objectives", str(ROOT / "slo" / "hotel.yaml"))
HUSH = "T0SECRET"


def url_of(webhook: Listener) -> str:
    """Return its URL, which is a secret."""
    return f"{webhook.url}/services/{HUSH}?key={HUSH}"


def judged(*lines: str) -> tuple[Run, Verdict]:
    run = requests(400, endpoint="<home> & *away*")
    return run, judge(run, demanding(*lines))


def valid(document: dict[str, Any]) -> dict[str, Any]:
    Draft202012Validator(schemas.load("notification")).validate(document)
    return document


def test_the_document_says_what_was_missed_the_worst_first() -> None:
    run, verdict = judged(
        'name: met, indicator: errors.ratio, target: "1 %"',
        'name: quick, indicator: latency.p95, target: "50 ms"',
        'name: vital, indicator: latency.p50, target: "50 ms", priority: P0',
    )
    document = valid(notice.document(run, verdict, "https://ci.test/1"))
    assert (document["status"], document["exit_code"], document["link"]) == ("CRITICAL", 2, "https://ci.test/1")
    assert [(one["name"], one["status"]) for one in document["objectives"]] == [
        ("vital", "CRITICAL"),
        ("quick", "FAIL"),
    ]
    assert document["objectives"][0]["value"] == "100 ms"


def test_slack_finds_no_link_and_no_mention_in_names() -> None:
    run, verdict = judged('name: "<!channel> <https://evil.test|here>", indicator: latency.p95, target: "50 ms"')
    text = notice.message(run, verdict)["text"]
    assert not re.search("[<>]", text)
    assert "&lt;!channel&gt;" in text
    assert text.startswith("*FAIL* load against http://api.test\n")


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "us/ours"}, "https://github.com/us/ours/actions/runs/7"),
        ({"CI_JOB_URL": "https://gitlab.test/j/1"}, "https://gitlab.test/j/1"),
        ({"BUILD_URL": "http://jenkins.test/1/"}, "http://jenkins.test/1/"),
        ({"BUILD_URL": "javascript:alert(1)"}, ""),
        ({"BUILD_URL": "https://x.test/|<!channel>"}, ""),
        ({}, ""),
    ],
)
def test_the_link_leads_to_the_job(environ: dict[str, str], link: str) -> None:
    assert notice.link_of(environ) == link


def smoke(folder: Path, demo: Demo, url: str, *words: str, error_ratio: float = 1) -> tuple[int, str]:
    """Run smoke with the webhook in the environment; returns the exit code and what it said of the webhook."""
    demo.faults(error_ratio=error_ratio)
    try:
        done = hotel(
            folder, demo.url, "smoke", "--time-scale", "0.02", *OBJECTIVES, *words, env={"LOCUST_SLO_NOTIFY": url}
        )
    finally:
        demo.heal()
    texts = [file.read_text(encoding="utf-8") for file in done.folder.iterdir() if file.is_file()]
    assert HUSH not in done.out + done.err + "".join(texts)
    assert (done.folder / "verdict.json").exists()
    return done.code, "\n".join(line for line in done.err.splitlines() if "could not be sent" in line)


@pytest.mark.slow
def test_a_verdict_that_blocks_is_told_and_one_that_passes_is_not(demo: Demo, tmp_path: Path) -> None:
    with Listener() as webhook:
        assert smoke(tmp_path / "a", demo, url_of(webhook)) == (2, "")
        assert [valid(one.document)["status"] for one in webhook.heard] == ["CRITICAL"]
        assert smoke(tmp_path / "b", demo, url_of(webhook), error_ratio=0) == (0, "")
        assert len(webhook.heard) == 1
        assert smoke(tmp_path / "c", demo, url_of(webhook), "--notify-on", "always", error_ratio=0) == (0, "")
        assert webhook.heard[1].document["status"] == "PASS"
        assert smoke(tmp_path / "d", demo, url_of(webhook), "--notify-format", "slack") == (2, "")
        assert webhook.heard[2].document["text"].startswith("*CRITICAL* smoke against http://127.0.0.1")


@pytest.mark.parametrize(
    ("answers", "tries", "why"),
    [
        ([(500, {}), (200, {})], 2, ""),
        ([(429, {"Retry-After": "2"}), (200, {})], 2, ""),
        ([(429, {"Retry-After": "3600"})], 1, "it answered 429"),
        ([(503, {})], 3, "it answered 503"),
        ([(404, {})], 1, "it answered 404"),
        ([(302, {"Location": "http://127.0.0.1:1/"})], 1, "it answered 302"),
    ],
)
def test_it_insists_where_that_may_help(
    answers: Sequence[tuple[int, dict[str, str]]],
    tries: int,
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("slo.reports.notifier.gevent.sleep", waited.append)
    with Listener(*answers) as webhook:
        Notifier(url_of(webhook), "fail", "auto").send(*judged('name: quick, indicator: latency.p95, target: "50 ms"'))
    assert len(webhook.heard) == tries
    said = f"locust-slo: the verdict could not be sent to 127.0.0.1: {why}\n" if why else ""
    assert capsys.readouterr().err == said
    asked_s = float(answers[0][1].get("Retry-After", 0))
    assert waited == [max(one, asked_s) for one in RETRY_DELAYS_S][: tries - 1]


def test_a_fault_of_ours_in_telling_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slo.reports.notifier.notice.document", lambda *_: 1 / 0)
    Notifier(f"https://example.test/{HUSH}", "always", "auto").send(
        *judged('name: quick, indicator: latency.p95, target: "50 ms"')
    )
    assert capsys.readouterr().err == "locust-slo: the verdict could not be sent to example.test: ZeroDivisionError\n"


@pytest.mark.slow
def test_nobody_there_is_told_in_a_sentence_and_changes_nothing(demo: Demo, tmp_path: Path) -> None:
    code, said = smoke(tmp_path / "reports", demo, f"http://127.0.0.1:{free_port()}/{HUSH}")
    assert code == 2
    assert said == "locust-slo: the verdict could not be sent to 127.0.0.1: ConnectionError"


def test_what_is_no_url_is_said_before_any_load_and_not_shown(demo: Demo, tmp_path: Path) -> None:
    done = hotel(tmp_path / "reports", demo.url, "smoke", *OBJECTIVES, env={"LOCUST_SLO_NOTIFY": f"hooks/{HUSH}"})
    assert done.code == 3
    assert "--notify is the URL of a webhook, beginning with https:// or http://; no load was sent" in done.err
    assert HUSH not in done.out + done.err


@pytest.mark.slow
def test_runs_in_the_web_ui_are_told_too(demo: Demo, tmp_path: Path) -> None:
    with Listener() as webhook:
        page = Page(tmp_path / "reports", demo, *OBJECTIVES, "--notify-on", "always", "--notify", url_of(webhook))
        try:
            start(page, demo, "smoke")
            run = finished(page, 1)["finished"][0]
            wait_for(lambda: webhook.heard)
            assert webhook.heard[0].document["run"] == run["id"]
            assert HUSH not in page.get("/slo/verdict") + page.get("/")
        finally:
            page.stop()
