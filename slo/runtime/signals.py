"""SIGINT and SIGTERM in the process that judges: which signal ends it, and an end that leaves the record."""

from __future__ import annotations

import signal
import sys
from typing import Any

import gevent
from locust.env import Environment

from slo.runtime.context import context_of
from slo.runtime.engine import Engine


class EndAfterSignals:
    """Ends a process in which a listener to the end of the load, to ``quitting`` or to ``quit`` never returns."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._warned = False

    def note_signal(self, name: str) -> None:
        """Say what the process waits for; a second signal ends it, with the exit code that it would have ended with."""
        context = context_of(self._environment)
        if not self._warned:
            self._warned = True
            sys.stderr.write(
                f"locust-slo: {name}: the run has ended; the process still waits, for event listeners of the "
                "locustfile or of plugins, for example. A second signal ends it now.\n"
            )
            return
        if not context.left and context.wiring is not None:
            context.left = True
            context.wiring.leave()
        gevent.kill(gevent.get_hub().parent, SystemExit(self._environment.process_exit_code))


class SignalHandler:
    """Remembers which signal ends the process, and ends it in an orderly way where Locust would not."""

    def __init__(self, environment: Environment, runner: Any, engine: Engine, headless: bool) -> None:
        self._environment = environment
        self._runner = runner
        self._engine = engine
        self._headless = headless
        self._end = EndAfterSignals(environment)

    def install(self) -> None:
        """Handle both signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, self._handle, number)

    def _handle(self, number: signal.Signals) -> None:
        engine, main = self._engine, gevent.get_hub().parent
        ended = engine.store.last is not None and engine.measurement is None
        if context_of(self._environment).leaving or (self._headless and ended):
            if engine.measurement is None and not engine.is_busy:
                self._end.note_signal(number.name)
            return
        if self._headless and engine.signal is not None:
            return  # the process is ending already
        if not ended:  # with a web UI the process is ended by a signal, in the normal way: its last verdict stands
            engine.signal = number.name
        if self._headless and engine.measurement is None:  # waiting for workers: Locust has no handler yet
            quitting = gevent.spawn(self._runner.quit)
            quitting.link(lambda _: gevent.kill(main, SystemExit(engine.exit_code())))
        elif number == signal.SIGINT or (self._headless and self._environment.shape_class is not None):
            # Locust installs its handler of SIGTERM only once a headless shape has ended.
            gevent.kill(main, KeyboardInterrupt)
