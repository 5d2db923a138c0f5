"""The plugin: ``import slo.plugin`` in a locustfile adds the options, measures each run and judges it.

``check`` counts a named check from any locustfile, ``checks`` several of a response; ``refuse`` ends a run before its
load starts; ``shape_of`` returns the load that --rate or --find-limit requests; ``Plan`` and ``Stage`` let a
``LoadTestShape`` name its stages: give it an attribute ``plan`` and, if it belongs to a scenario, an attribute
``scenario``. ``declare_suite`` says what a locustfile's own options mean.
"""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import gevent
from locust import LoadTestShape, argument_parser, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from slo.cluster.clock import ClockOffset
from slo.load.plan import Plan, Stage
from slo.metrics.endpoint import Reported
from slo.record.suite import Suite
from slo.reports import notifier
from slo.runtime import guarded_events, locust_compat, options, secret_hosts, secret_log_filter, suite
from slo.runtime.batched import BatchedStats
from slo.runtime.check_event import check_event
from slo.runtime.context import context_of
from slo.runtime.coordinator import Coordinator
from slo.runtime.exit import (
    end_without_verdict,
    exit_without_verdict,
    guard_os_exit,
    is_imported_by_locust,
    keep_exit_code,
    replace_crash_exit_code,
)
from slo.runtime.hooks import record
from slo.runtime.recorded_options import RUN
from slo.runtime.shape import PlannedShape
from slo.runtime.worker import WorkerCoordinator
from slo.text.clean import escape_what_cannot_be_printed
from slo.text.redact import Redactor
from slo.verdict.exit_codes import NO_VERDICT, worse

__all__ = ["Plan", "PlannedShape", "Stage", "check", "checks", "declare_suite", "refuse", "secret_of", "shape_of"]


def check(response: object, name: str, passed: bool) -> bool:
    """Count the named check ``name`` for the endpoint of ``response``; returns ``passed``.

    ``response`` comes from a request made with ``catch_response=True``, or is the endpoint's name itself. A
    failed check does not fail the request: checks have a pass rate of their own (``checks.ratio``). Raises
    TypeError for a response that does not know which request it belongs to.
    """
    endpoint = _endpoint_of(response)
    passed = bool(passed)
    _CHECK_EVENT.notify(endpoint, name, passed)
    return passed


def checks(response: object, results: Mapping[str, bool]) -> bool:
    """Count several named checks for the endpoint of ``response``; returns whether all passed.

    ``results`` has for each name whether that check passed. What ``check`` does for each of them, at a lower cost.
    """
    _CHECK_EVENT.notify_set(_endpoint_of(response), results)
    return all(results.values())


def _endpoint_of(response: object) -> Reported:
    try:
        meta = response.request_meta  # type: ignore[attr-defined]
        return meta.get("request_type"), meta["name"]
    except (AttributeError, TypeError, KeyError):
        if not isinstance(response, str):
            raise TypeError(
                "slo.check needs a response from a request with catch_response=True, or the endpoint's name"
            ) from None
        return response


_CHECK_EVENT = check_event()


def refuse(environment: Environment, reason: str) -> None:
    """Let no load start, for ``reason``: headless the process exits with 3, the web UI stops the run."""
    wiring = context_of(environment).wiring
    if wiring is None:
        exit_without_verdict(reason)
    wiring.refuse(reason)


def shape_of(environment: Environment) -> LoadTestShape | None:
    """Return the load that --rate or --find-limit requests; None without them.

    A locustfile that sets ``environment.shape_class`` itself gives this one precedence over its own.
    """
    wiring = context_of(environment).wiring
    return wiring.requested_shape if wiring else None


def secret_of(environment: Environment, variable: str) -> str:
    """Return the secret in an environment variable, if the run's host may have it; else an empty text.

    A host that somebody types into Locust's web form gets no secret, unless the command line or the locustfile named
    it, too, or LOCUST_SLO_SECRET_HOSTS lists it.
    """
    return secret_hosts.secret_of(environment, variable)


def declare_suite(
    parser: argument_parser.LocustArgumentParser,
    *,
    name: str = "",
    scenario: str = "",
    embedded: str = "",
    time_scale: str = "",
    user_scale: str = "",
    load_options: Sequence[str] = (),
    metrics_token: str = "",
    endpoints: str = "",
    secrets: Sequence[str] = (),
) -> None:
    """Declare what the options of a locustfile mean; call it in a listener to ``init_command_line_parser``.

    ``name`` is the suite's name, which its baselines have where it has no scenarios; default: the locustfile's name.
    The other arguments are names of options of the locustfile as in ``parsed_options``:

    - ``scenario``: its value is the name of the scenario, which objectives, baselines and reports use.
    - ``embedded``: true where the target is one that the locustfile starts itself, at another port each time.
    - ``time_scale``, ``user_scale``: factors on the time and the users of its plans; findings advise to change them,
      and the steps of ``--find-limit`` are shortened by the first.
    - ``load_options``: further options that change the load. Runs that differ in one are not compared.
    - ``endpoints``: changes paths and methods; the advice on endpoints that answer nothing but 404 or 405 names it.

    ``metrics_token`` is the environment variable that holds the bearer token for the target's own metrics
    (``--target-metrics``), ``secrets`` are those that the requests are signed or authorized with: the advice on
    endpoints that answer nothing but 401 or 403 names them.
    """
    declared = Suite(
        name, scenario, embedded, metrics_token, time_scale, user_scale, tuple(load_options), endpoints, tuple(secrets)
    )
    suite.declare(parser, declared)


@events.init_command_line_parser.add_listener
def _add_options(parser: argument_parser.LocustArgumentParser, **_: Any) -> None:
    atexit.unregister(_end_unread)
    options.add(parser)
    escape_what_cannot_be_printed(sys.stdout, sys.stderr)
    replace_crash_exit_code()
    locust_compat.cache_default_arguments()
    locust_compat.send_valid_text(Redactor.of_environment(os.environ).hide)


@events.init.add_listener
def _wire(environment: Environment, runner: Any, **_: Any) -> None:
    if runner is None:
        return  # run_single_user, Locust's debugger: nothing is measured
    try:
        redactor = Redactor.of_environment(os.environ)
        context_of(environment).listener_errors.install()
        guarded_events.guard(environment.events)
        locust_compat.call_last(events.quitting, _leave)
        secret_log_filter.install(redactor.knowing(notifier.secrets_of(environment.parsed_options)))
        secret_log_filter.hide_in_exceptions(runner, redactor.hide)
        if not isinstance(runner, MasterRunner):
            BatchedStats.replace(environment.stats, redactor)
        if isinstance(runner, WorkerRunner):
            context_of(environment).wiring = WorkerCoordinator(environment, runner)
        elif environment.parsed_options is not None:
            context_of(environment).wiring = Coordinator(environment, runner)
        if environment.parsed_options is not None:  # not where Locust is a library of another program
            atexit.register(_end_unfinished, environment)
            guard_os_exit(
                lambda: _end_unfinished(environment),
                code_of=lambda status: worse(status, environment.process_exit_code),
            )
            keep_exit_code(environment.events.quit, isinstance(runner, WorkerRunner))
            locust_compat.shut_down_once(environment.events.quitting, context_of(environment).prepare_to_leave)
        # Timers count from the loop's last update of its clock. All this took a while, and the timer of
        # --run-time, which Locust sets next, would fire too early by as much.
        gevent.get_hub().loop.update_now()
    except Exception as error:  # noqa: BLE001  # Locust would log it and go on: a run without a verdict
        traceback.print_exception(error, file=sys.stderr)
        sys.exit(NO_VERDICT)


@events.test_start.add_listener
def _start_early(environment: Environment, **_: Any) -> None:
    # Locust's master takes a worker for ready, and gives it users, before the worker's init listeners ran.
    announced, context = getattr(environment.parsed_options, RUN, None), context_of(environment)
    if announced is not None and context.wiring is None:
        context.early = record(environment, announced, ClockOffset())


@events.quitting.add_listener
def _leave(environment: Environment, **_: Any) -> None:
    context = context_of(environment)
    context.left = True
    if context.wiring is not None:
        context.wiring.leave()


def _end_unfinished(environment: Environment) -> None:
    """End a process that Locust did not shut down: ``sys.exit`` in the locustfile would give its code as a verdict."""
    context = context_of(environment)
    if context.left or context.wiring is None:
        return
    context.left = True
    reason = "the locustfile, or a plugin, ended the process (sys.exit?) before Locust shut it down"
    context.wiring.abandon(reason)
    end_without_verdict(reason)


def _end_unread() -> None:
    """End a process whose locustfile could not be read to its end: Locust, or ``sys.exit``, would give its own code."""
    end_without_verdict("the locustfile could not be imported, or ended the process (sys.exit?)", True)


if is_imported_by_locust():
    atexit.register(_end_unread)
    guard_os_exit(_end_unread, applies=is_imported_by_locust)
