"""The master's side of a distributed run, with a runner of the test."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from locust.env import Environment

from slo.load.iterations import IterationLimit
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from slo.runtime import locust_compat
from slo.runtime.engine import Engine
from slo.runtime.hooks import identity_of
from slo.runtime.master import MasterWiring
from slo.runtime.recorded_options import RUN
from slo.runtime.run_store import RunStore


class Clients(dict[str, Any]):
    @property
    def all(self) -> list[Any]:
        return list(self.values())


class Runner(SimpleNamespace):
    """As much of a master's runner as the wiring uses."""

    def __init__(self) -> None:
        super().__init__(clients=Clients(), handlers={}, sent=[], forgotten=[])

    def register_message(self, name: str, handler: Any) -> None:
        self.handlers[name] = handler

    def send_message(self, name: str, data: Any, client_id: str) -> None:
        self.sent.append((name, client_id, data))

    def join(self, worker: str, users: int = 1, state: str = "running") -> None:
        self.clients[worker] = SimpleNamespace(id=worker, state=state, user_count=users)


@pytest.fixture
def master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[MasterWiring, Runner, Engine]:
    monkeypatch.setattr(locust_compat, "allow_reconnection", lambda runner: None)
    monkeypatch.setattr(locust_compat, "forget_worker", lambda runner, worker: runner.forgotten.append(worker))
    environment, runner = Environment(parsed_options=Namespace()), Runner()
    wiring = MasterWiring(environment, runner)  # type: ignore[arg-type]
    engine = Engine(None, RunStore(tmp_path), cluster=wiring.cluster)
    wiring.attach(engine)
    return wiring, runner, engine


def test_a_run_is_announced_in_the_options_to_the_workers_that_are_there(
    master: tuple[MasterWiring, Runner, Engine],
) -> None:
    wiring, runner, engine = master
    runner.join("w1")
    runner.join("w2", state="missing")
    measurement = engine.begin(RunDescription("shop", None, Target("")))
    wiring.begin(measurement, IterationLimit(5))
    announced = getattr(wiring._environment.parsed_options, RUN)
    assert announced["id"] == measurement.folder.name
    assert announced["iterations"] == {"count": 5, "per_user": False, "shares": {"w1": 5}}
    assert list(wiring.cluster.outstanding()) == ["w1"]


def test_a_worker_of_another_version_is_refused(
    master: tuple[MasterWiring, Runner, Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    wiring, runner, _ = master
    identity = {**identity_of(wiring._environment), "locust_slo": "0.0.0"}
    message = SimpleNamespace(node_id="w1", data={"identity": identity, "asked_at_s": 1.0})
    runner.handlers["slo_hello"](None, message)
    assert runner.forgotten == ["w1"]
    assert "worker w1 is refused: it runs locust-slo 0.0.0" in capsys.readouterr().err
    assert [(name, worker) for name, worker, _ in runner.sent] == [("slo_welcome", "w1")]


def test_a_report_without_ours_is_locusts_alone(master: tuple[MasterWiring, Runner, Engine]) -> None:
    wiring, _, engine = master
    wiring._on_report("w1", {"stats": []})
    assert engine.internal_error is None


def test_how_each_worker_is_now(master: tuple[MasterWiring, Runner, Engine]) -> None:
    wiring, runner, _ = master
    runner.join("w1", users=3)
    wiring._on_report("w1", {"slo_load": {"cpu_ratio": 0.5, "lag_ms": 2.0}})
    (status,) = wiring.worker_statuses()
    assert (status.name, status.users, status.cpu_ratio, status.lag_ms) == ("w1", 3, 0.5, 2.0)
