"""Master and workers: the same counts, the same verdict, the same exit code."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cluster import Cluster, answered, counted, free_port, made, samples
from tests.processes import HOTEL, Demo, Locust, locust

WORDS = ("--scenario", "load", "--time-scale", "0.02", "--think-time", "0.05")


def own_port() -> tuple[object, ...]:
    """Return the options that keep a master and its processes apart from other tests'."""
    port = free_port()
    return "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port


def test_processes_judge_every_request(demo: Demo, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *WORDS, "--processes", 2, *own_port())
    assert done.code == 0, done.out + done.err
    workers = done.run.workers
    assert len(workers) == 2
    assert all(worker.finished and worker.requests_sent > 0 for worker in workers)
    assert sum(worker.requests_sent for worker in workers) == done.run.tally().requests
    assert done.run.ended.how == "completed"


def test_processes_exit_with_the_verdict(demo: Demo, tmp_path: Path) -> None:
    demo.faults(error_ratio=0.05)
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *WORDS, "--processes", 2, *own_port())
    assert done.code == 2, done.out + done.err
    assert done.verdict["status"] == "CRITICAL"


def distributed(demo: Demo, folder: Path) -> tuple[Locust, list[Locust]]:
    port = free_port()
    bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", 2)
    master = Locust(folder / "reports", "-f", HOTEL, "-H", demo.url, *WORDS, "--master", *bind)
    join = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    workers = [Locust(folder / f"worker{number}", "-f", HOTEL, *join, headless=False) for number in (1, 2)]
    return master, workers


def test_a_master_and_its_workers(demo: Demo, tmp_path: Path) -> None:
    master, workers = distributed(demo, tmp_path)
    done = master.wait()
    assert done.code == 0, done.out + done.err
    assert [worker.wait(20).code for worker in workers] == [0, 0]
    assert len(done.run.workers) == 2
    assert sum(worker.requests_sent for worker in done.run.workers) == done.run.tally().requests


def test_a_worker_that_dies_makes_the_run_incomplete(demo: Demo, tmp_path: Path) -> None:
    master, workers = distributed(demo, tmp_path)
    master.await_journal()
    time.sleep(2)
    workers[0].process.send_signal(signal.SIGKILL)
    done = master.wait(90)
    assert done.code == 3, done.out + done.err
    assert done.run.ended.how == "incomplete"
    assert "the last counts of" in done.run.ended.reason
    workers[1].wait(20)


@pytest.mark.parametrize("stop_timeout_s", [0, 10])
def test_the_record_holds_what_the_api_answered(demo: Demo, tmp_path: Path, stop_timeout_s: int) -> None:
    demo.faults(latency_ms=200)  # so that at any moment most users wait for an answer
    before = answered(demo.ask("GET", "/metrics")[1])
    words = ("--scenario", "load", "--time-scale", "0.01", "--think-time", "0.1", "--stop-timeout", stop_timeout_s)
    with Cluster(tmp_path, demo.url, *words) as cluster:
        cluster.join("one")
        cluster.join("two")
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    time.sleep(0.5)  # what was cut off is being answered
    after = answered(demo.ask("GET", "/metrics")[1])
    assert done.run.ended.how == "completed", cluster.said()
    assert counted(done.run) == made(samples(cluster.raw))
    ours = counted(done.run) + Counter(health_live=1, metrics=1)  # the probe before the run, and our first scrape
    cut_off = {name: after[name] - before[name] - ours[name] for name in after}
    assert all(count >= 0 for count in cut_off.values()), cut_off
    if stop_timeout_s:
        # A user that is to stop ends its iteration first: the requests of the rest of it are counted too.
        assert not any(cut_off.values()), cut_off
    else:
        # Locust kills users while they wait: the API answered, nobody counts it. One request at most each.
        assert sum(cut_off.values()) <= 10, cut_off
