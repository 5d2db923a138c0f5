"""Which signal ends the process, and how."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from locust.env import Environment

from slo.measure.run_description import RunDescription
from slo.record.ending import COMPLETED
from slo.record.target import Target
from slo.runtime.context import context_of
from slo.runtime.engine import Engine
from slo.runtime.run_store import RunStore
from slo.runtime.signals import SignalHandler
from tests.support.made import demanding


class Spawned:
    """Runs what is spawned at once, and what is linked after it."""

    def __init__(self, call: Callable[[], None]) -> None:
        call()

    def link(self, call: Callable[[object], None]) -> None:
        call(self)


class Gevent:
    """Keeps the handlers of signals, and what ends the main greenlet."""

    def __init__(self) -> None:
        self.handlers: dict[int, Callable[[], None]] = {}
        self.killed: list[BaseException | type[BaseException]] = []
        self.parent = "the main greenlet"
        self.spawn = Spawned

    def get_hub(self) -> Gevent:
        return self

    def signal_handler(self, number: int, call: Callable[..., None], *words: Any) -> None:
        self.handlers[number] = lambda: call(*words)

    def kill(self, greenlet: object, error: BaseException | type[BaseException]) -> None:
        assert greenlet == self.parent
        self.killed.append(error)


class Runner:
    quits = 0

    def quit(self) -> None:
        self.quits += 1


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Gevent:
    made = Gevent()
    monkeypatch.setattr("slo.runtime.signals.gevent", made)
    return made


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(demanding("indicator: latency.p95, target: 1 s"), RunStore(tmp_path))


def begin(engine: Engine) -> None:
    engine.begin(RunDescription("made", None, Target("http://api.test")))


def test_while_it_waits_for_workers_the_first_signal_ends_it(fake: Gevent, engine: Engine) -> None:
    runner = Runner()
    SignalHandler(Environment(), runner, engine, headless=True).install()
    fake.handlers[signal.SIGTERM]()
    fake.handlers[signal.SIGINT]()  # it is ending already
    assert runner.quits == 1
    (end,) = fake.killed
    assert isinstance(end, SystemExit)
    assert end.code == 143


def test_an_interrupt_during_a_run_is_left_to_locust(fake: Gevent, engine: Engine) -> None:
    SignalHandler(Environment(), Runner(), engine, headless=True).install()
    begin(engine)
    fake.handlers[signal.SIGINT]()
    assert fake.killed == [KeyboardInterrupt]
    assert engine.exit_code() == 130


def test_a_run_that_ended_keeps_its_exit_code_and_a_second_signal_ends_what_hangs(
    fake: Gevent, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = Environment()
    SignalHandler(environment, Runner(), engine, headless=True).install()
    begin(engine)
    engine.end(COMPLETED)
    fake.handlers[signal.SIGTERM]()
    assert engine.signal is None
    assert fake.killed == []
    assert "the process still waits, for event listeners" in capsys.readouterr().err
    environment.process_exit_code = 2
    fake.handlers[signal.SIGTERM]()
    (end,) = fake.killed
    assert isinstance(end, SystemExit)
    assert end.code == 2


def test_no_signal_ends_a_process_that_writes_its_record(fake: Gevent, engine: Engine) -> None:
    environment = Environment()
    SignalHandler(environment, Runner(), engine, headless=True).install()
    context_of(environment).leaving = engine.is_busy = True
    fake.handlers[signal.SIGTERM]()
    fake.handlers[signal.SIGTERM]()
    assert fake.killed == []


def test_a_web_ui_that_a_signal_ends_after_a_run_keeps_the_exit_code_of_the_verdict(
    fake: Gevent, engine: Engine
) -> None:
    SignalHandler(Environment(), Runner(), engine, headless=False).install()
    begin(engine)
    engine.end(COMPLETED)
    code = engine.exit_code()
    fake.handlers[signal.SIGINT]()
    assert engine.signal is None
    assert fake.killed == [KeyboardInterrupt]
    assert engine.exit_code() == code == 3  # a run without a request
