"""The search for the limit with real Locust, against the demo API whose knee is known from its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slo.objectives.objectives import load
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.cluster import free_port
from tests.support.known_findings import figures, objectives, once_slow_then_long
from tests.support.processes import BASIC, HOTEL, ROOT, Demo, Finished, Locust, locust
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, verdicts

LIMIT = ROOT / "tests" / "locustfiles" / "limit.py"
QUICK = "name: quick, indicator: latency.p95, target: 240 ms, priority: P0"
COMPRESSED = ("--find-limit", "--time-scale", 0.1)


@pytest.fixture
def knee(request: pytest.FixtureRequest) -> Iterator[tuple[Demo, int]]:
    """A demo API that serves ``request.param`` requests at once, 200 ms each: from one user more on somebody waits."""
    demo = Demo()
    demo.faults(capacity=request.param, latency_ms=200)
    yield demo, request.param
    demo.stop()


def is_the_knee(done: Finished, knee: int) -> None:
    """The answer is within 15 % of the knee, and came in under 3 minutes."""
    found = figures(done)
    assert found["capacity.users"]["value"] == pytest.approx(knee, rel=0.15), done.out
    assert found["capacity.rps"]["value"] == pytest.approx(knee * 5, rel=0.15), done.out
    assert done.run.duration_s < 180
    assert done.run.ended.how == "completed"
    assert (done.code, done.verdict["status"]) == (0, "PASS"), done.out


def was_slow_without_a_queue(done: Finished, knee: int) -> bool:
    """Whether requests missed the target with too few users for a queue: the machine is busy, and that is the limit."""
    slow_ms = done.run.tally().latency_of("all", "sent").percentile(99) / 1000
    return figures(done)["capacity.users"]["value"] < 0.85 * knee and slow_ms > 240


@pytest.mark.parametrize("knee", once_slow_then_long(16, 5, 12, 24, 37), indirect=True)
def test_the_limit_is_found(knee: tuple[Demo, int], tmp_path: Path) -> None:
    demo, users = knee
    file = objectives(tmp_path, QUICK)
    words = ("-f", LIMIT, "-H", demo.url, "--objectives", file, *COMPRESSED)
    done = locust(tmp_path / "reports", *words, timeout_s=200)
    if figures(done)["capacity.users"]["value"] != pytest.approx(users, rel=0.15):
        # A machine that is busy for some seconds makes the API slow in one of the steps: once more.
        done = locust(tmp_path / "again", *words, timeout_s=200)
    if not was_slow_without_a_queue(done, users):
        is_the_knee(done, users)
    assert to_json(judge(done.run, load(file))) == (done.folder / "verdict.json").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("knee", [16], indirect=True)
def test_a_master_finds_the_limit_with_its_workers(knee: tuple[Demo, int], tmp_path: Path) -> None:
    demo, users = knee
    port = free_port()
    own = ("-f", LIMIT, "-H", demo.url, "--objectives", objectives(tmp_path, QUICK), *COMPRESSED)
    bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", 2)
    master = Locust(tmp_path / "reports", *own, "--master", *bind)
    join = ("-f", LIMIT, "--worker", "--master-host", "127.0.0.1", "--master-port", port)
    workers = [Locust(tmp_path / f"worker{number}", *join, headless=False) for number in (1, 2)]
    done = master.wait(200)
    is_the_knee(done, users)
    assert [worker.wait(20).code for worker in workers] == [0, 0]
    assert len(done.run.workers) == 2


@pytest.mark.long
@pytest.mark.parametrize("knee", [3], indirect=True)
def test_the_hotel_searches_with_the_users_of_its_scenario(knee: tuple[Demo, int], tmp_path: Path) -> None:
    demo, _ = knee
    words = ("-f", HOTEL, "-H", demo.url, "--scenario", "stress", *COMPRESSED, "--think-time", 0.1, "-u", 6)
    file = objectives(tmp_path, QUICK.replace("240", "600"), "indicator: capacity.users, target: 2 users")
    done = locust(tmp_path / "reports", *words, "--objectives", file, timeout_s=200)
    assert done.run.scenario == "stress"
    assert done.run.plan is None
    assert {"whatsapp_webhook", "create_reservation"} <= set(done.run.endpoints)
    assert max(trial["users"] for trial in done.verdict["findings"][0]["trials"]) <= 6
    assert done.statuses()["quick"] == "SKIPPED"
    assert done.statuses()["capacity.users"] == "PASS"


@pytest.mark.long
def test_the_time_is_kept(demo: Demo, tmp_path: Path) -> None:
    """A healthy target, no cap: in 30 s the search gets as far as it gets, and says how to go on."""
    words = ("-f", LIMIT, "-H", demo.url, "--objectives", objectives(tmp_path, "indicator: latency.p95, target: 1 s"))
    done = locust(tmp_path / "reports", *words, *COMPRESSED, "--find-limit-time", "30s", "--find-limit-from", 2)
    assert 20 < done.run.duration_s <= 30
    assert "give more with --find-limit-time" in done.verdict["findings"][0]["answer"]
    assert done.verdict["findings"][0]["trials"][0]["users"] == 2
    assert done.worked


def refused(tmp_path: Path, *words: Any, file: Path = LIMIT) -> str:
    done = locust(tmp_path / "reports", "-f", file, "-H", "http://127.0.0.1:9", "--find-limit", *words)
    assert done.code == 3
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--find-limit-from", "0"), "--find-limit-from is a whole number from 1 to 10000, not '0'"),
        (("--find-limit-time", "soon"), "--find-limit-time is a time like 3m, from 30s on, not 'soon'"),
        (("--find-limit-time", "5s"), "from 30s on, not '5s'"),
    ],
)
def test_a_mistyped_option_is_told(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    assert said in refused(tmp_path, *words)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "words", "said"),
    [
        ((), (), "--find-limit needs objectives to search by: give a file with --objectives"),
        (
            ("indicator: throughput.rps, target: 1 rps",),
            (),
            "needs an applicable objective on latency, errors or checks",
        ),
        ((QUICK,), ("-t", "1m"), "--find-limit ends by itself: leave --run-time out"),
        ((QUICK,), ("-u", 5, "--find-limit-from", 9), "--find-limit-from 9 is more than -u 5"),
    ],
)
def test_a_search_that_cannot_be_sends_no_load(tmp_path: Path, lines: Any, words: Any, said: str) -> None:
    given = ("--objectives", objectives(tmp_path, *lines)) if lines else ()
    assert said in refused(tmp_path, *given, *words, file=BASIC)


@pytest.mark.long
@pytest.mark.parametrize("knee", [3], indirect=True)
def test_the_web_ui_starts_a_search_as_usual(knee: tuple[Demo, int], tmp_path: Path) -> None:
    demo, users = knee
    words = ("--objectives", objectives(tmp_path, QUICK), "--find-limit", "--time-scale", 0.1)
    page = Page(tmp_path / "reports", demo, *words, locustfile=LIMIT, scaled=False)
    try:
        assert page.template()["hide_common_options"], "the form would ask for users that the search chooses"
        assert page.post("/swarm", host=demo.url)["success"]
        seen = set()

        def ended() -> list[dict[str, Any]]:
            stage = json.loads(page.get("/slo/verdict"))["stage"]
            seen.add(stage and stage["name"])
            return verdicts(page.locust.reports)

        (verdict,) = wait_for(ended, 150)
    finally:
        page.stop()
    assert "hold at 2 users" in seen
    assert verdict["findings"][0]["figures"][0]["value"] == users
    assert (verdict["status"], verdict["exit_code"]) == ("PASS", 0)


@pytest.mark.slow
def test_a_search_that_is_stopped_says_how_far_it_came(demo: Demo, tmp_path: Path) -> None:
    words = ("--objectives", objectives(tmp_path, "indicator: latency.p95, target: 5 s"), "--find-limit")
    page = Page(tmp_path / "reports", demo, *words, locustfile=LIMIT, scaled=False)
    try:
        page.post("/swarm", host=demo.url)
        wait_for(lambda: json.loads(page.get("/slo/verdict"))["findings"][0:] and _steps(page) > 0, 60)
        page.post("/stop")
        (verdict,) = wait_for(lambda: verdicts(page.locust.reports))
    finally:
        page.stop()
    assert "more was not tried yet" in verdict["findings"][0]["answer"]
    assert verdict["findings"][0]["trials"][0]["outcome"] == "held"


def _steps(page: Page) -> int:
    stage = json.loads(page.get("/slo/verdict"))["stage"]
    return stage["number"] - 1 if stage else 0
