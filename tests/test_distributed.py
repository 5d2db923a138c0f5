"""Master and workers: the same counts, the same verdict, the same exit code."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

from tests.processes import HOTEL, Demo, Locust, locust

WORDS = ("--scenario", "load", "--time-scale", "0.02", "--think-time", "0.05")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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
