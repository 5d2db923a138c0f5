"""What a distributed run loses, or not, when workers die, come late or cannot be reached.

Real processes on loopback; each worker talks to its master through a wire that the test cuts. What the
workers really did they write down themselves (tests/locustfiles/raw.py): the record is held against that.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.support.cluster import (
    LATE_CLOCK,
    SLOW_START,
    Cluster,
    alive,
    counted,
    lost_nothing,
    made,
    out_of_time,
    samples,
    silences_s,
    worker_named,
)
from tests.support.commands import validate
from tests.support.processes import Demo

WORDS = ("--scenario", "load", "--time-scale", "0.02", "--think-time", "0.1")
"""The load scenario in 17 seconds."""
PLAN_S = 16.8
SILENCE_S = 5.0
"""After so long without a heartbeat Locust takes a worker for missing (3 beats of 1 s, and the one under way)."""
REPORT_S = 3.0
"""Workers report so often: at most this much of a worker that dies is unknown."""


@pytest.mark.slow
def test_a_killed_worker_makes_the_run_incomplete_and_what_it_reported_is_kept(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        doomed, _ = cluster.join("doomed"), cluster.join("other")
        cluster.await_load("doomed")
        time.sleep(2 * REPORT_S)
        doomed.process.send_signal(signal.SIGKILL)
        killed_at = time.time()
        done = cluster.await_end()
        assert cluster.await_workers("other") == [0]
    assert done.code == 3, cluster.said()
    assert done.verdict["status"] == "NO DATA"
    assert done.run.ended.how == "incomplete"
    name = worker_named(done.run, "doomed")
    assert name in done.run.ended.reason
    account = next(worker for worker in done.run.workers if worker.name == name)
    assert not account.finished
    mine = samples(cluster.raw, "doomed")
    reported = sum(1 for sample in mine if sample.at < killed_at - REPORT_S - 1.5)
    assert reported <= account.requests_received <= len(mine)
    others = next(worker for worker in done.run.workers if worker.name != name)
    assert others.finished
    assert others.requests_received == others.requests_sent == len(samples(cluster.raw, "other"))
    # The record stays what it is; whoever accepts the loss says so, and gets a verdict on the rest.
    assert validate(done.folder).returncode == 3
    judged = validate(done.folder, "--allow-incomplete")
    assert judged.returncode == 0, judged.stdout
    assert "judged although the run is incomplete" in judged.stdout


@pytest.mark.long
def test_with_allow_incomplete_a_run_that_lost_a_worker_is_judged(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS, "--allow-incomplete") as cluster:
        doomed, _ = cluster.join("doomed"), cluster.join("other")
        cluster.await_load("doomed")
        doomed.process.send_signal(signal.SIGKILL)
        done = cluster.await_end()
        assert cluster.await_workers("other") == [0]
    assert done.verdict["status"] in ("PASS", "WARNING"), cluster.said()
    assert done.worked
    assert done.run.ended.how == "incomplete"
    assert worker_named(done.run, "doomed") in done.run.ended.reason


def test_a_worker_that_joins_late_is_counted_from_then_on(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS, expect=1) as cluster:
        cluster.join("early")
        cluster.await_load("early")
        time.sleep(3)
        cluster.join("late")
        done = cluster.await_end()
        assert cluster.await_workers("early", "late") == [0, 0]
    assert done.run.ended.how == "completed", cluster.said()
    assert done.worked, cluster.said()
    found = samples(cluster.raw)
    assert counted(done.run) == made(found)
    for name in ("early", "late"):
        account = next(w for w in done.run.workers if w.name == worker_named(done.run, name))
        assert account.requests_received == account.requests_sent == len(samples(cluster.raw, name)) > 0
    assert list(out_of_time(done.run, found)) == []


@pytest.mark.slow
def test_a_worker_that_is_slow_to_start_is_counted_from_its_first_request(demo: Demo, tmp_path: Path) -> None:
    # Locust's master takes a worker for ready before the worker's init listeners ran.
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("slow", SLOW_START, {"SLOW_START_S": "3"})
        cluster.join("other")
        done = cluster.await_end()
        assert cluster.await_workers("slow", "other") == [0, 0]
    assert done.run.ended.how == "completed", cluster.said()
    found = samples(cluster.raw)
    assert counted(done.run) == made(found)
    assert list(out_of_time(done.run, found)) == []


@pytest.mark.slow
def test_a_cut_of_ten_seconds_that_heals_loses_nothing(demo: Demo, tmp_path: Path) -> None:
    # While it is cut off, its users are not among those that the master knows of.
    with Cluster(tmp_path, demo.url, *WORDS, "--allow-incomplete") as cluster:
        cluster.join("cut")
        cluster.join("other")
        cluster.await_load("cut", 5)
        cluster.wires["cut"].cut()
        time.sleep(10)
        cluster.wires["cut"].heal()
        done = cluster.await_end()
        assert cluster.await_workers("cut", "other") == [0, 0]
    lost_nothing(cluster, done)
    assert list(out_of_time(done.run, samples(cluster.raw))) == []
    # Its last word before the cut and its first after the heal lie up to a heartbeat further apart.
    seconds = silences_s(done.run, "cut")
    assert any(8 <= number <= 13 for number in seconds), done.run.notes


@pytest.mark.slow
def test_a_cut_that_never_heals_is_incomplete_in_bounded_time(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("cut")
        cluster.join("other")
        cluster.await_load("cut")
        time.sleep(REPORT_S + 1)
        cluster.wires["cut"].cut()
        cut_at = time.time()
        # What is left of the plan, the wait for the last counts, and Locust's own leave-taking.
        done = cluster.await_end(PLAN_S + 20)
        assert cluster.await_workers("other") == [0]
        mine = samples(cluster.raw, "cut")
    assert done.code == 3, cluster.said()
    assert done.run.ended.how == "incomplete"
    name = worker_named(done.run, "cut")
    assert name in done.run.ended.reason
    account = next(worker for worker in done.run.workers if worker.name == name)
    assert not account.finished
    before = [sample for sample in mine if sample.at < cut_at]
    assert 0 < account.requests_received <= len(before)
    assert account.requests_received >= sum(1 for s in before if s.at < cut_at - REPORT_S - 1.5)


@pytest.mark.slow
def test_a_dropped_connection_loses_nothing(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("torn")
        cluster.join("other")
        cluster.await_load("torn", 50)
        for _ in range(6):  # a report is under way in some of them
            cluster.wires["torn"].drop()
            time.sleep(0.7)
        done = cluster.await_end()
        assert cluster.await_workers("torn", "other") == [0, 0]
    lost_nothing(cluster, done)


@pytest.mark.slow
def test_what_is_under_way_when_a_connection_drops_is_sent_again(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("torn")
        cluster.join("other")
        cluster.await_load("torn", 50)
        cluster.wires["torn"].cut()
        time.sleep(REPORT_S + 0.5)  # one report, at least, went into the wire
        cluster.wires["torn"].drop()
        cluster.wires["torn"].heal()
        done = cluster.await_end()
        assert cluster.await_workers("torn", "other") == [0, 0]
    lost_nothing(cluster, done)


@pytest.mark.slow
def test_a_connection_that_only_the_master_still_believes_in(demo: Demo, tmp_path: Path) -> None:
    # A firewall forgot it, the worker connects anew: ZeroMQ lets no second one in under the same name.
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("torn")
        cluster.join("other")
        cluster.await_load("torn", 50)
        cluster.wires["torn"].forget()
        done = cluster.await_end(PLAN_S + 20)
        assert cluster.await_workers("torn", "other") == [0, 0]
    lost_nothing(cluster, done)


@pytest.mark.parametrize("to", ["workers", pytest.param("all", marks=pytest.mark.slow)])
def test_workers_that_are_ended_together_hand_over_their_counts(demo: Demo, tmp_path: Path, to: str) -> None:
    # As Kubernetes does it, and Ctrl-C in a terminal.
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        workers = [cluster.join("one"), cluster.join("two")]
        cluster.await_load("one")
        cluster.await_load("two")
        for process in [*workers, *([cluster.master] if to == "all" else [])]:
            process.process.send_signal(signal.SIGTERM)
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    assert counted(done.run) == made(samples(cluster.raw))
    assert all(worker.finished for worker in done.run.workers)
    assert done.code == (143 if to == "all" else 3), cluster.said()
    if to == "workers":
        assert "all workers left after" in done.verdict["reason"]


@pytest.mark.long
def test_a_worker_whose_master_was_killed_does_not_end_with_0(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("one")
        cluster.join("two")
        cluster.await_load("one")
        cluster.await_load("two")
        cluster.master.process.send_signal(signal.SIGKILL)
        assert cluster.await_workers("one", "two", timeout_s=180) == [3, 3]
        assert "the master is gone" in cluster.said()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_to_the_master_ends_all_and_leaves_the_record(
    demo: Demo, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("one")
        cluster.join("two")
        cluster.await_load("one")
        cluster.await_load("two")
        time.sleep(2)
        cluster.master.process.send_signal(number)
        done = cluster.await_end(25)
        assert cluster.await_workers("one", "two") == [0, 0]
    assert done.code == code, cluster.said()
    assert done.run.ended.how == "interrupted"
    assert done.run.ended.reason == number.name
    assert done.verdict["status"] == "NO DATA"
    assert not list(done.folder.glob("journal*"))
    # Interrupted, not lost: the workers were well and had all the time to hand in their last counts.
    assert counted(done.run) == made(samples(cluster.raw))


def test_the_only_worker_dies_and_the_run_ends(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS, expect=1) as cluster:
        only = cluster.join("only")
        cluster.await_load("only")
        time.sleep(REPORT_S + 1)
        only.process.send_signal(signal.SIGKILL)
        done = cluster.await_end(PLAN_S + 20)
    assert done.code == 3, cluster.said()
    assert done.run.ended.how == "incomplete"
    assert worker_named(done.run, "only") in done.run.ended.reason
    assert done.run.tally().requests > 0
    # With nobody left to send anything there is no reason to sit out the plan.
    assert done.run.duration_s < PLAN_S - 2, done.run.duration_s


@pytest.mark.long
def test_workers_whose_clocks_are_wrong_count_in_the_right_seconds(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *WORDS) as cluster:
        cluster.join("fast", LATE_CLOCK, {"CLOCK_OFF_S": "90"})
        cluster.join("slow", LATE_CLOCK, {"CLOCK_OFF_S": "-90"})
        done = cluster.await_end()
        assert cluster.await_workers("fast", "slow") == [0, 0]
    lost_nothing(cluster, done)
    assert list(out_of_time(done.run, samples(cluster.raw))) == []


@pytest.mark.slow
def test_workers_that_lost_their_master_leave(demo: Demo, tmp_path: Path) -> None:
    # Locust's workers give a silent master 60 s; one that was stopped in good order says so.
    with Cluster(tmp_path, demo.url, *WORDS, expect=1) as cluster:
        worker = cluster.join("one")
        cluster.await_load("one")
        cluster.master.process.send_signal(signal.SIGTERM)
        cluster.master.wait(20)
        assert cluster.await_workers("one") == [0]
        assert not alive(worker.process.pid)
