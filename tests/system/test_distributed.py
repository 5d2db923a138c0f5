"""Master and workers: the same counts as the API's, and workers that do not fit are refused or named."""

from __future__ import annotations

import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.cluster import Cluster, answered, counted, free_port, made, samples, worker_named
from tests.support.processes import BASIC, HOTEL, ROOT, Demo, Locust, locust

SHORT = ("--scenario", "load", "--time-scale", "0.006", "--think-time", "0.1")
"""The load scenario in 5 seconds."""


def own_port() -> tuple[object, ...]:
    """Return the options that keep a master and its processes apart from other tests'."""
    port = free_port()
    return "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port


def test_processes_judge_every_request(demo: Demo, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *SHORT, "--processes", 2, *own_port())
    assert done.code == 0, done.out + done.err
    workers = done.run.workers
    assert len(workers) == 2
    assert all(worker.finished and worker.requests_sent > 0 for worker in workers)
    assert sum(worker.requests_sent for worker in workers) == done.run.tally().requests
    assert done.run.ended.how == "completed"


@pytest.mark.parametrize("stop_timeout_s", [0, 10])
def test_the_record_holds_what_the_api_answered(demo: Demo, tmp_path: Path, stop_timeout_s: int) -> None:
    demo.faults(latency_ms=200)  # so that at any moment most users wait for an answer
    before = answered(demo.ask("GET", "/metrics")[1])
    load = ("--scenario", "load", "--time-scale", "0.01", "--think-time", "0.1", "--stop-timeout", stop_timeout_s)
    words = (*load, "--target-metrics", "")  # our own probes are answered too, and are no requests of the load
    with Cluster(tmp_path, demo.url, *words) as cluster:
        cluster.join("one")
        cluster.join("two")
        done = cluster.await_end()
        assert cluster.await_workers("one", "two") == [0, 0]
    time.sleep(0.5)  # what was cut off is being answered
    after = answered(demo.ask("GET", "/metrics")[1])
    assert done.run.ended.how == "completed", cluster.said()
    assert counted(done.run) == made(samples(cluster.raw))
    ours = counted(done.run) + Counter(
        health_live=1, metrics=1
    )  # the probe before the run, and what `before` came from
    cut_off = {name: after[name] - before[name] - ours[name] for name in after}
    assert all(count >= 0 for count in cut_off.values()), cut_off
    if stop_timeout_s:
        # A user that is to stop ends its iteration first: the requests of the rest of it are counted too.
        assert not any(cut_off.values()), cut_off
    else:
        # Locust kills users while they wait: the API answered, nobody counts it. One request at most each.
        assert sum(cut_off.values()) <= 10, cut_off


OTHER_VERSION = ROOT / "tests" / "locustfiles" / "other_version.py"


def test_a_worker_of_another_version_is_refused(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *SHORT, expect=2) as cluster:
        # Refused as the only one so far, it leaves; the master goes on waiting for two that fit.
        cluster.join("foreign", OTHER_VERSION)
        assert cluster.await_workers("foreign") == [3]
        cluster.join("fits")
        cluster.join("also")
        done = cluster.await_end()
        assert cluster.await_workers("fits", "also") == [0, 0]
    assert done.code == 0, cluster.said()
    assert "the master refuses this worker: it runs locust-slo 0.0.1" in cluster.workers["foreign"].text()[1]
    assert "is refused: it runs locust-slo 0.0.1" in done.err
    assert len(done.run.workers) == 2
    assert any("was refused" in note for note in done.run.notes), done.run.notes
    assert counted(done.run) == made(samples(cluster.raw))


def test_other_options_and_another_locustfile_are_named(demo: Demo, tmp_path: Path) -> None:
    with Cluster(tmp_path, demo.url, *SHORT, expect=2) as cluster:
        cluster.join("same")
        cluster.join("other", HOTEL, {"LOCUST_TIME_SCALE": "0.5"})
        done = cluster.await_end()
        assert cluster.await_workers("same", "other") == [0, 0]
    assert done.code == 0, cluster.said()
    other = worker_of(done.run.notes, "has another locustfile than the master")
    notes = [note for note in done.run.notes if other in note]
    assert any("was started with --time-scale 0.5, the master with --time-scale 0.006" in note for note in notes)
    assert not any(worker_named(done.run, "same") in note for note in done.run.notes), done.run.notes


def worker_of(notes: tuple[str, ...], words: str) -> str:
    return next(note.split(" ")[1] for note in notes if words in note)


def test_the_masters_table_of_endpoints_travels(demo: Demo, tmp_path: Path) -> None:
    table = tmp_path / "endpoints.yaml"
    table.write_text("pms_room_types: {path: /api/v1/nowhere, expected: 404}\n", encoding="utf-8")
    with Cluster(tmp_path, demo.url, *SHORT, "--endpoints", table, expect=1) as cluster:
        cluster.join("one")
        done = cluster.await_end()
    tally = done.run.tally("pms_room_types".__eq__)
    assert tally.requests > 0, cluster.said()
    assert tally.failures == {"HTTP 404": tally.requests}
    assert tally.checks["expected answer"] == [tally.requests, 0]


def test_a_worker_without_the_plugin_makes_the_run_incomplete(demo: Demo, tmp_path: Path) -> None:
    plain = tmp_path / "plain.py"
    text = BASIC.read_text(encoding="utf-8").replace("import slo.plugin", "import json")
    plain.write_text(text, encoding="utf-8")
    port = free_port()
    bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", 1)
    words = ("-f", BASIC, "-H", demo.url, "-u", 2, "-r", 2, "-t", "3s", "--master", *bind)
    master = Locust(tmp_path / "reports", *words)
    join = ("-f", plain, "--worker", "--master-host", "127.0.0.1", "--master-port", port)
    worker = Locust(tmp_path / "worker", *join, headless=False)
    done = master.wait(60)
    worker.process.kill()
    assert done.run.ended.how == "incomplete", done.out + done.err
    assert any("does its locustfile import slo.plugin?" in note for note in done.run.notes)


def test_a_taken_port_is_a_sentence_and_no_verdict(demo: Demo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = ("--master-bind-host", "127.0.0.1", "--master-bind-port", taken.getsockname()[1])
        done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *SHORT, "--master", *bind)
    assert done.code == 3, done.out + done.err
    assert "Address already in use" in done.err
    assert "--master-bind-port" in done.err
    assert "Traceback" not in done.err
