"""Master and workers: the same counts as the API's, and workers that do not fit are refused or named."""

from __future__ import annotations

import json
import shlex
import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from slo.record import run
from tests.support.abort import FILE, ended_early
from tests.support.cluster import RAW, Cluster, answered, counted, free_port, made, own_port, samples, worker_named
from tests.support.documentation import commands
from tests.support.processes import BASIC, HOTEL, ROOT, Demo, Locust, locust
from tests.support.waiting import wait_for
from tests.support.web_ui import Page, finished, picture, start

SHORT = ("--scenario", "load", "--time-scale", "0.006", "--think-time", "0.1")
"""The load scenario in 5 seconds."""


def test_processes_judge_every_request(demo: Demo, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *SHORT, "--processes", 2, *own_port())
    assert done.worked, done.out + done.err
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
    assert done.worked, cluster.said()
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
    assert done.worked, cluster.said()
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
    assert tally.failures == {}, "an expected 404 is a success"
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


def test_a_master_ends_its_run_on_the_counts_of_its_workers(demo: Demo, tmp_path: Path) -> None:
    objectives = tmp_path / "objectives.yaml"
    objectives.write_text(FILE, encoding="utf-8")
    demo.faults(latency_ms=4000)  # far more than a crowded machine could add
    words = ("-f", BASIC, "-H", demo.url, "-u", 6, "-r", 6, "-t", "60s", "--processes", 2, *own_port())
    done = locust(tmp_path / "reports", *words, "--objectives", objectives)
    ended_early(done, 3, 25)
    assert len(done.run.workers) == 2
    assert all(worker.finished for worker in done.run.workers)
    assert sum(worker.requests_sent for worker in done.run.workers) == done.run.tally().requests


def test_the_commands_of_the_guide_find_each_other(demo: Demo, tmp_path: Path) -> None:
    master, worker = [c for c in commands() if {"--master", "--worker"} & set(c.split())]
    port = free_port()
    words = shlex.split(
        master.replace("https://api.example.com", demo.url).replace("--expect-workers 8", "--expect-workers 2")
    )[1:]
    words.remove("--headless")
    words += [
        "--time-scale",
        "0.01",
        "--think-time",
        "0.1",
        "--objectives",
        "",
        "--master-bind-host",
        "127.0.0.1",
        "--master-bind-port",
        str(port),
    ]
    running = Locust(tmp_path / "reports", *words)
    join = shlex.split(worker.replace("10.0.0.5", "127.0.0.1").replace("--processes -1", "--processes 2"))[1:]
    workers = Locust(tmp_path / "workers", *join, "--master-port", port, headless=False)
    done = running.wait()
    assert done.worked, done.out + done.err
    assert len(done.run.workers) == 2
    assert sum(one.requests_sent for one in done.run.workers) == done.run.tally().requests > 0
    assert workers.wait(20).code == 0


def test_two_runs_of_the_same_workers_are_two_runs(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    raw = tmp_path / "raw"
    raw.mkdir()
    bind = ("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    join = ("-f", RAW, "--worker", "--master-host", "127.0.0.1", "--master-port", port)
    page = Page(tmp_path / "reports", demo, *bind, locustfile=RAW)
    env = {"WORKER_NAME": "one", "RAW_DIR": str(raw)}
    worker = Locust(tmp_path / "worker", *join, headless=False, env=env)
    try:
        wait_for(lambda: json.loads(page.get("/worker-count"))["worker_count"] == 1)
        start(page, demo, "spike", 0.03)
        finished(page, 1)
        wait_for(lambda: json.loads(page.get("/worker-count"))["worker_count"] == 1)
        start(page, demo, "smoke", 0.1)
        seen = wait_for(lambda: (now := picture(page))["state"] == "running" and now["requests"] > 0 and now)
        assert {one["name"].split("_")[0] for one in seen["generator"]["processes"]} == {"master", "one"}
        page.post("/stop")
        smoke, spike = finished(page, 2)["finished"]
        records = [run.read(page.locust.reports / entry["id"]) for entry in (spike, smoke)]
        for record in records:
            (account,) = record.workers
            assert account.finished
            assert account.requests_sent == account.requests_received == record.tally().requests
        assert set(records[1].endpoints) == {"health_live", "health_ready"}
        assert sum(record.tally().requests for record in records) == len(samples(raw))
    finally:
        page.stop()
        worker.process.kill()
        worker.process.wait()
