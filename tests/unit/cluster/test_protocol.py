"""The master's side of the messages: who is answered what, and how arrivals are shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_log import DeltaLog
from slo.cluster.delta_sender import DeltaSender
from slo.cluster.protocol import SHARE_S, MasterProtocol
from slo.load.plan import Plan, Stage
from slo.measure.measurement import Measurement
from slo.measure.open_requests import OpenSummary
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from tests.support.identity import OWN
from tests.support.made import Clock

OPEN = Plan((Stage("rate", 60, 10, 10, 50, 50),))
Sent = list[tuple[str, dict[str, Any], str | None]]


class Master:
    """A protocol with what it sent, and a clock that tests set."""

    def __init__(self) -> None:
        self.sent: Sent = []
        self.clock = Clock()
        self.protocol = MasterProtocol(OWN, self.send, self.clock)

    def send(self, message: str, data: Any, worker: str | None = None) -> None:
        self.sent.append((message, dict(data), worker))

    def greet(self, worker: str, **identity: Any) -> str:
        return self.protocol.greet(worker, {"identity": {**OWN, **identity}, "asked_at_s": 5.0})


@pytest.fixture
def master() -> Master:
    return Master()


@pytest.fixture
def measurement(tmp_path: Path) -> Measurement:
    folder = tmp_path / "run-1"
    folder.mkdir()
    return Measurement(RunDescription("made", None, Target("http://api.test"), plan=OPEN), folder)


def test_a_worker_is_answered_with_the_clock(master: Master) -> None:
    master.clock.now = 12.5
    assert master.greet("one") == ""
    assert master.sent == [("slo_welcome", {"asked_at_s": 5.0, "clock_s": 12.5, "refused": ""}, "one")]


def test_a_refused_worker_is_reported_once_and_gets_nothing(master: Master) -> None:
    reason = master.greet("other", locust_slo="9.9")
    assert "9.9" in reason
    assert master.greet("other", locust_slo="9.9") == ""
    assert [data["refused"] for _, data, _ in master.sent] == [reason, reason]
    assert master.protocol.accepted(["one", "other"]) == ["one"]
    assert master.protocol.receive("other", {"run": "r", "deltas": [{}]}, DeltaLog("r"), 0.0) == []
    assert master.protocol.notes([]) == [f"worker other was refused: {reason}"]


def test_a_worker_that_never_said_hello_is_noted(master: Master) -> None:
    (note,) = master.protocol.notes(["silent"])
    assert "silent never introduced itself" in note


def test_the_status_of_a_worker_is_its_last_report(master: Master) -> None:
    unknown = master.protocol.process_status("one", "ready", 0)
    assert (unknown.cpu_ratio, unknown.lag_ms, unknown.silent_s) == (None, None, None)
    waiting = OpenSummary(2, {"home": 4.0})
    master.protocol.note_load("one", {"cpu_ratio": 0.5, "lag_ms": 3.0, "waiting": waiting.to_data()})
    master.clock.now += 4
    status = master.protocol.process_status("one", "running", 7)
    assert (status.state, status.users, status.cpu_ratio, status.lag_ms, status.silent_s) == ("running", 7, 0.5, 3.0, 4)
    assert (unknown.waiting, status.waiting) == (OpenSummary(), waiting)


def test_shares_are_announced_at_the_start_and_sent_when_they_change(master: Master, measurement: Measurement) -> None:
    master.protocol.share(["b", "a"], measurement)
    assert master.sent == []
    assert master.protocol.announcement(measurement)["shares"] == [0.0, ["a", "b"]]
    master.protocol.share(["a", "b"], measurement)
    assert master.sent == []
    master.protocol.share(["a"], measurement)
    assert [(message, worker) for message, _, worker in master.sent] == [("slo_share", "a"), ("slo_share", "b")]
    since_s, table = master.sent[0][1]["shares"]
    assert table == ["a"]
    assert since_s >= SHARE_S
    assert master.protocol.has_share("a")
    assert not master.protocol.has_share("b")


def test_a_delta_is_acknowledged_and_counted_once(master: Master, measurement: Measurement) -> None:
    log = DeltaLog("run-1")
    log.add_worker("one", 0.0)
    clock = Clock()
    sender = DeltaSender(master.protocol.announcement(measurement), ClockOffset(), clock)
    sender.recorder.request("home", 12.0, 100)
    deltas = sender.report(final=True)["deltas"]
    report = {"run": "run-1", "deltas": deltas}
    fresh = master.protocol.receive("one", report, log, 1.0)
    assert sum(tally.requests for interval in fresh for _, tally in interval.tallies()) == 1
    assert master.protocol.receive("one", report, log, 2.0) == []
    assert [data["upto"] for message, data, _ in master.sent if message == "slo_ack"] == [1, 1]
    assert log.outstanding() == []


def test_a_report_of_another_run_is_ignored(master: Master) -> None:
    assert master.protocol.receive("one", {"run": "earlier", "deltas": [{}]}, DeltaLog("now"), 0.0) == []
    assert master.sent == []


def test_missing_counts_are_requested(master: Master) -> None:
    log = DeltaLog("run-1")
    log.add_worker("one", 0.0)
    master.protocol.request_last_counts(log)
    assert master.sent == [("slo_finish", {"run": "run-1"}, "one")]
