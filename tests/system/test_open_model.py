"""The open model: guests arrive whether the target answers or not, and their latency counts from then."""

from __future__ import annotations

import heapq
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slo.analysis.offered import offered_load
from slo.load import rate
from slo.measure.recorder import Recorder
from slo.metrics.arrivals import Arrivals
from slo.metrics.tally import Tally
from slo.record.journal import Journal, recover
from slo.record.run import Run
from slo.reports import console
from slo.verdict.judge import judge
from tests.support.cluster import Cluster, own_port
from tests.support.frozen import answered_s
from tests.support.made import Clock, demanding, made
from tests.support.processes import HOTEL, ROOT, Demo, Finished, environment, locust

ARRIVING = ROOT / "tests" / "locustfiles" / "arriving.py"
PLAN = rate.plan("10/s", 10.0)


def arrived(started: int, dropped: int = 0, late_ms: float = 0.0, latency_ms: float = 50.0, failed: int = 0) -> Run:
    """Return a run of ``PLAN`` in which so many arrivals started, ``late_ms`` late, with a request each."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for number in range(started):
            clock.now += 10.0 / max(1, started)
            recorder.arrived(late_ms)
            if number < failed:
                recorder.failure("visit", latency_ms, 5, "HTTP 500", late_ms)
            else:
                recorder.request("visit", latency_ms, 5, late_ms)
        for _ in range(dropped):
            recorder.arrived(None)

    return made(fill, PLAN)


def test_a_record_keeps_arrivals_and_both_latencies(tmp_path: Path) -> None:
    run = Run.from_data(arrived(90, dropped=10, late_ms=300, failed=5).to_data())
    assert run.arrivals == {"hold at 10/s": Arrivals(90, 90, 10)}
    tally = run.tally()
    assert (tally.ok.total, tally.ok_due.total, tally.failed.total, tally.failed_due.total) == (85, 85, 5, 5)
    assert tally.latency_of("all", "sent").max_us == 50_000
    assert tally.latency_of("all").max_us == 50_000
    assert tally.latency_of("all", None).max_us == tally.latency_of("failed", "intended").max_us == 350_000
    journal = Journal(tmp_path, run.to_data())
    for interval in run.intervals:
        journal.append(interval)
    journal.close()
    assert recover(tmp_path).arrivals == run.arrivals
    assert Tally.unpack(tally.pack()) == tally


def test_latency_counts_from_the_intended_start_unless_an_objective_says_sent() -> None:
    run = arrived(100, late_ms=300)
    verdict = judge(
        run,
        demanding(
            "indicator: latency.p95, target: 100 ms",
            "indicator: latency.p95, target: 100 ms, since: sent",
            "indicator: latency.max, target: 100 ms, since: intended",
        ),
    )
    by_name: dict[str, tuple[Any, Any]] = {one.objective.name: (one.status, one.value) for one in verdict.results}
    assert by_name == {
        "latency.p95": ("FAIL", 350),
        "latency.p95 since sent": ("PASS", 50),
        "latency.max since intended": ("FAIL", 350),
    }


def test_where_nothing_was_intended_there_is_nothing_to_count_from() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        recorder.request("visit", 50, 5)
        clock.now += 1

    result, dropped, plain = judge(
        made(fill),
        demanding(
            "indicator: latency.p95, target: 100 ms, since: intended",
            "indicator: dropped.ratio, target: 1 %",
            "indicator: latency.p95, target: 100 ms",
        ),
    ).results
    assert (result.status, dropped.status, plain.status) == ("NO DATA", "NO DATA", "PASS")
    assert "--rate" in result.reason
    assert "--rate" in dropped.reason


def test_dropped_arrivals_are_an_indicator_with_advice() -> None:
    verdict = judge(arrived(97, dropped=3), demanding("indicator: dropped.ratio, target: 1 %, stage: hold*"))
    (result,) = verdict.results
    assert result.status == "FAIL"
    assert result.value == pytest.approx(0.03)
    assert "raise -u" in result.advice[0]
    assert judge(arrived(100), demanding("indicator: dropped.ratio, target: 0 %")).status == "PASS"


@pytest.mark.parametrize(
    ("started", "latency_ms", "status"),
    [(100, 50, "PASS"), (92, 50, "PASS"), (80, 50, "NO DATA"), (80, 500, "CRITICAL"), (100, 500, "CRITICAL")],
)
def test_too_few_arrivals_excuse_nothing_and_prove_nothing(started: int, latency_ms: float, status: str) -> None:
    run = arrived(started, dropped=100 - started, latency_ms=latency_ms)
    verdict = judge(run, demanding("indicator: latency.p95, target: 100 ms, priority: P0"))
    assert verdict.status == status
    words = "stage 'hold at 10/s' offered 80 of 100 arrivals (80 %)"
    assert (words in verdict.notes) == (started == 80)


def test_reports_say_what_became_of_the_arrivals() -> None:
    run = arrived(97, dropped=3, late_ms=300)
    text = console.render(run, judge(run, demanding("indicator: latency.p95, target: 1 s")), False)
    assert (
        "100 iterations were to begin at rates of their own: 97 did, 97 of them more than 10 ms late, and 3 were "
        "dropped. P95 is 350 ms from the intended start, 50 ms from when requests were sent." in " ".join(text.split())
    )


def test_iterations_that_begin_late_are_explained() -> None:
    objectives = demanding("indicator: latency.p95, target: 1 s")
    (note,) = judge(arrived(100, late_ms=300), objectives).notes
    assert note.startswith("100.00 % of the iterations began late, with 100 users to begin them; raise -u")
    assert judge(arrived(100, late_ms=5), objectives).notes == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rate", "fast"), "'fast' is no rate"),
        (("--rate", "50/s"), "--rate 50/s is held for --run-time"),
        (("--rate", "50/s", "-t", "5s", "--find-limit"), "--rate and --find-limit both say what load to offer"),
        (("--rate", "5/s", "-t", "5s", "--time-scale", "0.5"), "--time-scale and --user-scale"),
    ],
)
def test_a_rate_that_cannot_be_followed_is_no_verdict(
    demo: Demo, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
    assert done.code == 3, done.out + done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_more_workers_than_users_are_refused(demo: Demo, tmp_path: Path) -> None:
    words = ("--rate", "5/s", "-t", "2s", "-u", 1, "--processes", 2, *own_port())
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
    assert done.code == 3, done.out + done.err
    assert "-u 1 leaves some of 2 workers without a user" in done.err


@pytest.mark.slow
def test_users_that_are_told_to_stop_stop(frozen: str, tmp_path: Path) -> None:
    """Each visit takes 2 s at first: at the end of the load all users are at work, and leave when they are done."""
    words = ("--rate", "20/s", "-t", "3s", "--stop-timeout", "60", "--objectives", "")
    done = locust(tmp_path / "reports", "-f", ARRIVING, "-H", frozen, *words, timeout_s=120)
    assert done.worked, done.out + done.err
    assert done.run.tally().requests == 60


@pytest.fixture
def frozen() -> Iterator[str]:
    """The URL of a server that stands still for 2 s every 10 s."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.frozen"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.communicate()


def exactly(plan: Any, users: int, service_s: float) -> dict[str, float]:
    """Return p95 and p99 in milliseconds by both counts, by simulating the queue before ``users`` users.

    A busy machine answers later than the server is told to, and a queue drains as much more slowly.
    """
    free = [0.0] * users
    intended, sent = [], []
    for number in range(round(plan.total_s * plan.stages[0].load_from)):
        due_s = number / plan.stages[0].load_from
        start_s = max(due_s, heapq.heappop(free))
        end_s = answered_s(start_s, service_s)
        heapq.heappush(free, end_s)
        if end_s < plan.total_s:
            intended.append((end_s - due_s) * 1000)
            sent.append((end_s - start_s) * 1000)
    found = {}
    for name, values in (("intended", sorted(intended)), ("sent", sorted(sent))):
        for percent in (95, 99):
            found[f"{name} p{percent}"] = values[math.ceil(len(values) * percent / 100) - 1]
    return found


def measured(done: Finished) -> dict[str, float]:
    tally = done.run.tally()
    return {
        f"{since} p{percent}": tally.latency_of("all", since).percentile(percent) / 1000
        for since in ("intended", "sent")
        for percent in (95, 99)
    }


@pytest.mark.slow
@pytest.mark.parametrize("users", [400, 12])
def test_a_server_that_stands_still_shows_as_it_must(frozen: str, tmp_path: Path, users: int) -> None:
    words = ("--rate", "50/s", "-t", "28s", "-u", users, "--objectives", "")
    done = locust(tmp_path / "reports", "-f", ARRIVING, "-H", frozen, *words)
    assert done.worked, done.out + done.err
    plan = done.run.plan
    assert plan is not None
    right = exactly(plan, users, done.run.tally().latency_of("all", "sent").percentile(50) / 1_000_000)
    for name, value in measured(done).items():
        # A busy machine adds tenths of a second, most while a queue drains; told apart here are 1.5 s and more.
        assert value == pytest.approx(right[name], abs=500), (name, right)
    if users == 12:  # what a closed model would call well, with hardly a request in the time it stood still
        assert right["sent p95"] < 30 < 1000 < right["intended p95"]
    (offered,) = offered_load(done.run)
    assert offered.planned == 1400
    assert offered.achieved == pytest.approx(1400, abs=20)


@pytest.mark.slow
def test_workers_share_the_arrivals(demo: Demo, tmp_path: Path) -> None:
    words = ("--scenario", "spike", "--rate", "20/s,4s:60/s,4s:60/s", "-u", 120, "--objectives", "")
    with Cluster(tmp_path, demo.url, *words) as cluster:
        cluster.join("one")
        cluster.join("two")
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    ramp, hold = offered_load(done.run)
    assert (ramp.planned, hold.planned) == (160, 240)
    assert ramp.achieved == pytest.approx(160, abs=30)  # a worker begins a moment after the master
    assert hold.achieved == pytest.approx(240, abs=5)
    sent = sorted(worker.requests_sent for worker in done.run.workers)
    assert sent[0] == pytest.approx(sent[1], rel=0.1)
    # A busy machine may have no user free for an arrival within 10 s.
    assert sum(arrivals.dropped for arrivals in done.run.arrivals.values()) <= 4
