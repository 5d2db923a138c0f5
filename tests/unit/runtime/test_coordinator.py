"""The wiring of the process that judges, with a runner of the test."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from locust.env import Environment

from slo.runtime import coordinator as module
from slo.runtime.coordinator import Coordinator


class Runner(SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(user_count=1, state="running", stopped=0)

    def stop(self) -> None:
        self.stopped += 1

    def quit(self) -> None:
        self.stopped += 1


class Silent:
    """Takes the place of what would listen to signals or open ports."""

    def __init__(self, *_: object) -> None: ...

    def install(self) -> None: ...

    def publish(self) -> None: ...


@pytest.fixture
def wired(
    parse: Callable[..., Namespace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Coordinator, Environment, Runner]:
    monkeypatch.setattr(module, "SignalHandler", Silent)
    monkeypatch.setattr(module, "Outputs", Silent)
    monkeypatch.setattr(module, "monitor_loop_lag", lambda monitor: None)
    file = tmp_path / "o.yaml"
    file.write_text("version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 1 %}\n", encoding="utf-8")
    words = ["--reports-dir", str(tmp_path / "reports"), "--objectives", str(file), "--report-formats", "junit"]
    environment, runner = Environment(parsed_options=parse("--headless", "-f", "own.py", *words)), Runner()
    environment.locustfile = "own.py"
    return Coordinator(environment, runner), environment, runner


def test_a_run_from_start_to_stop_has_a_record_and_an_exit_code(
    wired: tuple[Coordinator, Environment, Runner], capsys: pytest.CaptureFixture[str]
) -> None:
    one, environment, _ = wired
    environment.events.test_start.fire(environment=environment)
    assert one.engine.measurement is not None
    one.engine.measurement.recorder.request("home", 20.0, 5)
    environment.events.test_stopping.fire(environment=environment)
    environment.events.test_stop.fire(environment=environment)
    assert one.engine.measurement is None
    one.leave()
    assert environment.process_exit_code == 0
    environment.events.quit.fire(exit_code=0)
    assert "PASS" in capsys.readouterr().out


def test_a_run_that_still_goes_on_is_stopped_and_written(wired: tuple[Coordinator, Environment, Runner]) -> None:
    one, environment, runner = wired
    environment.events.test_start.fire(environment=environment)
    one.leave()
    assert runner.stopped == 1
    assert one.engine.store.last is not None
    assert environment.process_exit_code == 3


def test_a_refused_load_ends_a_headless_process(
    wired: tuple[Coordinator, Environment, Runner], capsys: pytest.CaptureFixture[str]
) -> None:
    one, environment, _ = wired
    with pytest.raises(SystemExit) as caught:
        one.refuse("the API is down")
    assert caught.value.code == 3
    assert "locust-slo: the API is down" in capsys.readouterr().err
    environment.events.test_start.fire(environment=environment)
    assert one.engine.measurement is None


def test_this_process_is_the_only_one(wired: tuple[Coordinator, Environment, Runner]) -> None:
    (status,) = wired[0]._processes()
    assert (status.name, status.state, status.users) == ("this process", "running", 1)


def test_without_a_search_no_users_are_wanted_by_one(wired: tuple[Coordinator, Environment, Runner]) -> None:
    assert wired[0].requested_shape is None
    parsed: Any = wired[1].parsed_options
    assert not parsed.find_limit
