"""The plugin: ``import slo.plugin`` in a locustfile adds the options, measures each run and judges it.

It hangs onto Locust's events; ``hooks``, ``judging`` and ``working``, the wirings of our processes, know them too, and
nobody else does. ``check`` counts a named check from any locustfile; ``refuse`` ends a run before its load starts;
``shape_of`` says which load an option asks for; ``Plan`` and ``Stage`` let a ``LoadTestShape`` name its stages: give it
an attribute ``plan`` and, if it belongs to a scenario, an attribute ``scenario``.
"""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Any

import gevent
from locust import LoadTestShape, argument_parser, events
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MasterRunner, WorkerRunner

from slo.cluster.clock import Offset
from slo.load.plan import Plan, Stage
from slo.runtime import options
from slo.runtime.batched import BatchedStats
from slo.runtime.hooks import record
from slo.runtime.judging import Coordinator
from slo.runtime.shape import PlannedShape
from slo.runtime.working import WorkerCoordinator
from slo.verdict.exit_codes import INTERRUPTED, NO_VERDICT

__all__ = ["Plan", "PlannedShape", "Stage", "check", "refuse", "shape_of"]


def check(response: object, name: str, passed: bool) -> bool:
    """Count the named check ``name`` for the endpoint of ``response``; returns ``passed``.

    ``response`` comes from a request made with ``catch_response=True``, or is the endpoint's name itself. A
    failed check does not fail the request: checks have a pass rate of their own (``checks.ratio``). Raises
    TypeError for a response that does not know which request it belongs to.
    """
    try:
        endpoint = response.request_meta["name"]  # type: ignore[attr-defined]
    except (AttributeError, TypeError, KeyError):
        endpoint = response
    if not isinstance(endpoint, str):
        raise TypeError("slo.check needs a response from a request with catch_response=True, or the endpoint's name")
    passed = bool(passed)
    events.slo_check.tell(endpoint, name, passed)  # type: ignore[attr-defined]
    return passed


def refuse(environment: Environment, reason: str) -> None:
    """Let no load start, for ``reason``: headless the process exits with 3, the web UI stops the run."""
    wiring = getattr(environment, "slo", None)
    if isinstance(wiring, Coordinator):
        wiring.refuse(reason)
        return
    sys.exit(NO_VERDICT)


def shape_of(environment: Environment) -> LoadTestShape | None:
    """Return the load that an option asks for, --rate or --find-limit; None without one.

    A locustfile that sets ``environment.shape_class`` itself gives this one precedence over its own.
    """
    wiring = getattr(environment, "slo", None)
    return wiring.requested_shape if isinstance(wiring, Coordinator) else None


@events.init_command_line_parser.add_listener
def _add_options(parser: argument_parser.LocustArgumentParser, **_: Any) -> None:
    options.add(parser)
    _take_over_crashes()


def _take_over_crashes() -> None:
    """A Locust that cannot begin is no verdict: Python's exit code 1 for it would say FAIL."""
    show = sys.excepthook

    def exit_with_ours(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, RPCError):
            sys.stderr.write(
                f"locust-slo: {error}: does another master run here? Give this one a port of its own with "
                "--master-bind-port, and its workers the same with --master-port\n"
            )
        elif not issubclass(kind, KeyboardInterrupt):
            show(kind, error, trace)
        raise SystemExit(INTERRUPTED["SIGINT"] if issubclass(kind, KeyboardInterrupt) else NO_VERDICT)

    sys.excepthook = exit_with_ours


@events.init.add_listener
def _wire(environment: Environment, runner: Any, **_: Any) -> None:
    try:
        if not isinstance(runner, MasterRunner):
            BatchedStats.adopt(environment.stats)
        if isinstance(runner, WorkerRunner):
            environment.slo = WorkerCoordinator(environment, runner)  # type: ignore[attr-defined]
        elif environment.parsed_options is not None:
            environment.slo = Coordinator(environment, runner)  # type: ignore[attr-defined]
        # Timers count from when the loop last looked at the clock. All this took a while, and the timer of
        # --run-time, which Locust sets next, would fire too early by as much.
        gevent.get_hub().loop.update_now()
    except Exception as error:  # noqa: BLE001  # Locust would log it and go on: a run that nobody judges
        traceback.print_exception(error, file=sys.stderr)
        sys.exit(NO_VERDICT)


@events.test_start.add_listener
def _start_early(environment: Environment, **_: Any) -> None:
    # Locust's master takes a worker for ready, and gives it users, before the worker's init listeners ran.
    announced = getattr(environment.parsed_options, options.RUN, None)
    if announced is not None and not hasattr(environment, "slo"):
        environment.slo_early = record(environment, announced, Offset())  # type: ignore[attr-defined]


@events.quitting.add_listener
def _leave(environment: Environment, **_: Any) -> None:
    # Registered when the module is imported: quitting fires backwards, so this listener has the last word.
    wiring = getattr(environment, "slo", None)
    if wiring is not None:
        wiring.leave()
