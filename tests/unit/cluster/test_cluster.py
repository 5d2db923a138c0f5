"""What a master knows of its workers in one run, and a run whose counts do not add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slo.cluster.cluster import Cluster, WorkerSummary, check_counts
from slo.cluster.protocol import MasterProtocol
from slo.record.ending import Ending
from slo.record.slowest import SlowestRequests
from slo.record.worker import Worker
from tests.support.identity import OWN
from tests.support.made import requests


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(MasterProtocol(OWN, lambda *_: None))


def test_before_the_first_run_there_is_nothing(cluster: Cluster) -> None:
    assert cluster.summary() == WorkerSummary()
    assert cluster.stats_of_workers() == {}
    assert cluster.outstanding() == []
    assert cluster.receive("one", {"run": "x", "deltas": []}, 0.0) == []
    cluster.add_worker("one")
    cluster.note_presence("one", True, 1.0)
    cluster.request_last_counts()
    cluster.note_differences()
    assert cluster.summary() == WorkerSummary()


def test_a_run_knows_its_workers_and_notes_those_that_are_unknown(cluster: Cluster) -> None:
    cluster.begin("run-1", SlowestRequests())
    cluster.add_worker("one")
    assert cluster.outstanding() == ["one"]
    cluster.note_differences()
    summary = cluster.summary()
    assert [worker.name for worker in summary.workers] == ["one"]
    assert "never introduced itself" in summary.notes[0]
    cluster.begin("run-2", SlowestRequests())
    assert cluster.summary().workers == ()


def test_a_refused_worker_takes_no_part(cluster: Cluster) -> None:
    cluster.begin("run-1", SlowestRequests())
    cluster.protocol.greet("other", {"identity": {**OWN, "locust_slo": "9.9"}, "asked_at_s": 0.0})
    cluster.add_worker("other")
    assert cluster.outstanding() == []


def worker(received: int, finished: bool = True) -> Worker:
    return Worker("one", received, received, finished, 0.0, ())


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (worker(5), ""),
        (worker(5, finished=False), "the last counts of one never arrived"),
        (worker(4), "the workers sent 4 requests, the record holds 5"),
    ],
)
def test_counts_that_do_not_add_up_make_a_run_incomplete(account: Worker, reason: str) -> None:
    run = replace(requests(5), workers=(account,))
    checked = check_counts(run)
    assert checked.ended == (Ending("incomplete", reason) if reason else run.ended)


@pytest.mark.parametrize("how", ["interrupted", "crashed", "refused"])
def test_a_run_that_ended_otherwise_keeps_its_ending(how: Any) -> None:
    run = replace(requests(5), workers=(worker(4),), ended=Ending(how, "why"))
    assert check_counts(run).ended == Ending(how, "why")
