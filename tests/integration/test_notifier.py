"""Who is told of a verdict, and that nothing that befalls the telling changes a run or shows the URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from slo.reports.notifier import RETRY_DELAYS_S, Notifier
from tests.support.cluster import free_port
from tests.support.notification import judged, valid
from tests.support.processes import ROOT, Demo, hotel
from tests.support.receiver import Listener
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, finished, start

OBJECTIVES = ("--objectives", str(ROOT / "slo" / "hotel.yaml"))
HUSH = "T0SECRET"


def url_of(webhook: Listener) -> str:
    """Return its URL, which is a secret."""
    return f"{webhook.url}/services/{HUSH}?key={HUSH}"


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
