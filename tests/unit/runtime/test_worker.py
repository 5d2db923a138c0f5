"""A worker, with a runner of the test."""

from __future__ import annotations

import signal
import time
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust.env import Environment

from slo.cluster.clock import ClockOffset
from slo.runtime.context import context_of
from slo.runtime.hooks import record
from slo.runtime.recorded_options import RUN
from slo.runtime.worker import WorkerCoordinator

ANNOUNCED = {"id": "run-1", "plan": None, "started_at_s": 0.0, "elapsed_s": 0.0, "shares": (0.0, ["w1"])}


class Greenlets(list[str]):
    """The greenlets of a runner: one that listens, and none that is spawned."""

    def __init__(self) -> None:
        super().__init__(["listener"])

    def spawn(self, function: Any, *_: Any) -> None:
        self.append(str(function))


class Runner(SimpleNamespace):
    """As much of a worker's runner as the wiring uses."""

    def __init__(self) -> None:
        super().__init__(client_id="w1", handlers={}, sent=[], greenlet=Greenlets(), stopped=0)
        self.last_heartbeat_timestamp: float | None = time.time()

    def register_message(self, name: str, handler: Any) -> None:
        self.handlers[name] = handler

    def send_message(self, name: str, data: Any = None) -> None:
        self.sent.append((name, data))

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return the signal handlers that are installed, in the test alone."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(gevent, "signal_handler", lambda *words: found.append(words))
    return found


def worker() -> tuple[WorkerCoordinator, Runner, Environment]:
    environment, runner = Environment(parsed_options=Namespace(**{RUN: ANNOUNCED})), Runner()
    return WorkerCoordinator(environment, runner), runner, environment  # type: ignore[arg-type]


def test_a_report_carries_our_counts_until_they_are_acknowledged() -> None:
    one, runner, _ = worker()
    one._on_start()
    data: dict[str, Any] = {}
    one._on_report("w1", data)
    assert data["slo"]["run"] == "run-1"
    assert [delta["seq"] for delta in data["slo"]["deltas"]] == [0]
    runner.handlers["slo_ack"](None, SimpleNamespace(data={"run": "run-1", "upto": 1}))
    one._on_stop()
    assert [delta["seq"] for delta in runner.sent[-1][1]["deltas"]] == [1]
    assert runner.sent[-1][1]["deltas"][0]["final"]


def test_it_sends_its_last_counts_once_and_leaves_when_they_have_arrived() -> None:
    one, runner, environment = worker()
    one._on_start()
    leaving = gevent.spawn(one.prepare_to_leave)
    gevent.sleep(0)
    assert not leaving.ready()
    runner.handlers["slo_ack"](None, SimpleNamespace(data={"run": "run-1", "upto": 1}))
    leaving.get()
    one.leave()
    assert environment.process_exit_code == 0
    assert [name for name, _ in runner.sent] == ["slo_delta"]
    one.prepare_to_leave()
    assert len(runner.sent) == 1


@pytest.mark.parametrize(
    ("listens", "silent_s", "code"),
    [(True, 0.0, 3), (False, 0.0, 0), (False, 3600.0, 3)],
    ids=["counts did not arrive", "the master said to quit", "the master is gone"],
)
def test_a_worker_that_may_have_lost_counts_ends_with_3(
    monkeypatch: pytest.MonkeyPatch, listens: bool, silent_s: float, code: int
) -> None:
    monkeypatch.setattr("slo.runtime.worker.HAND_OVER_S", 0.0)
    one, runner, environment = worker()
    one._on_start()
    if not listens:
        runner.greenlet.clear()
    runner.last_heartbeat_timestamp = time.time() - silent_s
    one.prepare_to_leave()
    one.leave()
    assert environment.process_exit_code == code


def test_a_refused_worker_ends_with_3_and_records_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    one, runner, environment = worker()
    data = {"refused": "another version", "asked_at_s": 1.0, "clock_s": 2.0}
    runner.quit = lambda: None
    runner.handlers["slo_welcome"](None, SimpleNamespace(data=data))
    one._on_start()
    one.leave()
    assert environment.process_exit_code == 3
    assert runner.sent == []
    assert "the master refuses this worker: another version" in capsys.readouterr().err


def test_a_message_of_another_run_is_ignored() -> None:
    one, runner, _ = worker()
    one._on_start()
    runner.handlers["slo_finish"](None, SimpleNamespace(data={"run": "run-0"}))
    assert (runner.stopped, runner.sent) == (0, [])
    runner.handlers["slo_finish"](None, SimpleNamespace(data={"run": "run-1"}))
    assert (runner.stopped, len(runner.sent)) == (1, 1)
    runner.handlers["slo_finish"](None, SimpleNamespace(data={"run": "run-1"}))
    assert (runner.stopped, len(runner.sent)) == (1, 2)


def test_a_recording_that_began_before_init_is_used() -> None:
    environment, runner = Environment(parsed_options=Namespace(**{RUN: ANNOUNCED})), Runner()
    sender, detach = record(environment, ANNOUNCED, ClockOffset())
    context_of(environment).early = (sender, detach)
    one = WorkerCoordinator(environment, runner)  # type: ignore[arg-type]
    assert one._sender is sender
    detach()


def test_a_load_that_the_locustfile_refuses_ends_the_worker_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, _, _ = worker()
    with pytest.raises(SystemExit) as caught:
        one.refuse("the API is down")
    assert caught.value.code == 3
    assert capsys.readouterr().err == "locust-slo: the API is down\n"


def test_a_worker_that_its_master_ended_before_its_init_starts_nothing() -> None:
    ended = Runner()
    ended.greenlet.clear()
    WorkerCoordinator(Environment(parsed_options=Namespace()), ended)  # type: ignore[arg-type]
    assert len(ended.greenlet) == 0
    _, runner, _ = worker()
    assert len(runner.greenlet) == 3


def test_signals_end_a_worker_only_once_it_leaves(handlers: list[tuple[Any, ...]]) -> None:
    one, _, _ = worker()
    assert handlers == []
    one.prepare_to_leave()
    assert [number for number, *_ in handlers] == [signal.SIGTERM]
