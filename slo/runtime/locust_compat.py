"""Every private name of Locust that locust-slo relies on, with the reason.

``tests/unit/runtime/test_locust_compat.py`` fails with the name that a new Locust has renamed. Nothing else in slo/
uses a private name of Locust, but ``CheckEvent``, which reads ``_handlers`` of its own base class, ``EventHook``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any

import gevent
import zmq
from gevent import GreenletExit
from gevent.event import Event
from locust import argument_parser, clients, events
from locust.contrib import fasthttp
from locust.event import EventHook
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    ResponseError,
    StopTest,
    StopUser,
)
from locust.rpc import Message
from locust.stats import RequestStats, StatsEntry
from locust.user import users
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING, DefaultTaskSet

from slo.runtime.replaced_method import replace_method
from slo.text.clean import encodable

__all__ = ["DefaultTaskSet"]

SPAWNING_TIMEOUT_S = 10.0
_RUN_TIME_TIMER = ("locust.main", "stop_and_optionally_quit")
LISTENER_FAILED = "Uncaught exception in event handler"
"""How the log line begins that Locust writes when an event listener has raised (``EventHook.fire``)."""
ENDS_A_USER = (StopUser, StopTest, InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)
"""Locust's own exceptions that end a task or a user; its events let them through (``EventHook.fire``)."""
NO_FAILURES = (*ENDS_A_USER, GreenletExit, SystemExit, KeyboardInterrupt)
"""Exceptions that end a task or a user and say nothing of the response.

``slo.lean``, which imports nothing of this package, has the same.
"""
Listener = Callable[..., None]


def request_listeners() -> list[Listener]:
    """Return the listeners to Locust's request event, to be changed in place (``EventHook._handlers``).

    One listener that feeds Locust's statistics and ours costs half as much as two: calling a listener with keyword
    arguments costs more than its work.
    """
    handlers: list[Listener] = events.request._handlers
    return handlers


def listeners_of(hook: EventHook) -> list[Listener]:
    """Return the listeners to an event (``EventHook._handlers``)."""
    return list(hook._handlers)


def event_with(listeners: list[Listener]) -> EventHook:
    """Return an event with these listeners."""
    hook = EventHook()
    hook._handlers = listeners
    return hook


def call_last(hook: EventHook, listener: Listener) -> None:
    """Make an event that fires in reverse order, like ``quitting``, call a listener after all others.

    Whoever registers before us would otherwise come after us, and could set another exit code.
    """
    hook._handlers.remove(listener)
    hook._handlers.insert(0, listener)


def call_first(hook: EventHook, listener: Listener) -> None:
    """Make an event that fires in order, like ``test_start``, call a listener before all those registered so far."""
    hook._handlers.insert(0, listener)


def shut_down_once(hook: EventHook, prepare: Callable[[], None]) -> None:
    """Make Locust fire ``quitting`` once, in the main greenlet; ``prepare`` is called before its first listener.

    Locust's handler of SIGTERM shuts down in a greenlet of its own (``locust.main``, ``sig_term_handler``). That stops
    the runner, for which the main greenlet waits: it then shuts down a second time, while the first has not ended.
    Listeners were called twice, and files were written when their content was gone.
    """
    main: Any = gevent.get_hub().parent
    fire: Callable[..., None] = hook.fire
    begun = False

    @functools.wraps(fire)
    def fire_once(*, reverse: bool = False, **words: Any) -> None:
        nonlocal begun
        if gevent.getcurrent() is not main:
            if not begun:
                gevent.kill(main, KeyboardInterrupt)  # as Ctrl-C does
            Event().wait()  # until the process ends
        begun = True
        prepare()
        fire(reverse=reverse, **words)

    hook.fire = fire_once  # type: ignore[method-assign]


def replace_request_listener(old: Listener, new: Listener) -> None:
    """Put a listener to requests in the place of another, before all others.

    One that raises StopUser ends the event: those after it would never know of the request (``EventHook.fire``).
    """
    handlers = request_listeners()
    handlers.remove(old)
    handlers.insert(0, new)


def statistics_listener() -> Listener | None:
    """Return Locust's own request listener, which feeds its statistics (``locust.runners``, ``on_request``)."""
    for handler in request_listeners():
        if getattr(handler, "__module__", "") == "locust.runners" and getattr(handler, "__name__", "") == "on_request":
            return handler
    return None


def change_statistics_class(stats: RequestStats, cls: type[RequestStats]) -> bool:
    """Make Locust's statistics an object of ``cls``, in place; False where they are not of Locust's own class.

    The runner, the web UI and the listeners hold references to the object: it cannot be replaced by another one.
    """
    if type(stats) is not RequestStats:
        return False
    stats.__class__ = cls
    return True


def cache_response_times(entry: StatsEntry, second: int) -> None:
    """Keep the response times of a second that is over, for the percentiles of Locust's web UI."""
    entry._cache_response_times(second)


def report_uncaught_exceptions(left: Callable[[], None]) -> Callable[[], None]:
    """Make a with-block that an exception leaves report its request, as failed; returns a function that undoes it.

    ``left`` is called as each with-block is left.

    Locust's clients report such a request nowhere: it would be in no statistic. Relies on
    ``ResponseContextManager.__exit__``, ``_manual_result`` and ``_report_request`` of both clients.
    """
    managers = (clients.ResponseContextManager, fasthttp.ResponseContextManager)
    return replace_method(managers, "__exit__", lambda leave: _reporting(leave, left))


def is_for_a_with_block(response: object) -> bool:
    """Return whether a client returned ``response`` to be reported by a with-block (``_catch_response``)."""
    return bool(getattr(response, "_catch_response", False))


def _reporting(leave: Callable[..., Any], left: Callable[[], None]) -> Callable[..., Any]:
    def leave_and_report(
        response: Any, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> Any:
        left()
        if kind is None or response._manual_result is not None or issubclass(kind, ResponseError):
            return leave(response, kind, value, trace)
        if issubclass(kind, NO_FAILURES):
            leave(response, None, None, None)  # the response alone says whether the request succeeded
        else:
            response.request_meta["exception"] = value
            response._report_request()
        return False

    return leave_and_report


def cache_default_arguments() -> None:
    """Make Locust build the table of its own arguments once in a process (``argument_parser.default_args_dict``).

    ``WorkerRunner.handle_message`` builds it, and a whole parser for it, once for each option of each message to spawn
    users. All greenlets of a worker wait for that: a second or longer for each step of a ramp, in which responses are
    read late and the master takes the worker for missing (Locust 2.47).
    """
    build = argument_parser.default_args_dict
    if hasattr(build, "__wrapped__"):
        return
    cached = functools.cache(build)
    argument_parser.default_args_dict = functools.wraps(build)(lambda: dict(cached()))


def send_valid_text(hide: Callable[[str], str]) -> None:
    """Make Locust's messages between master and workers encodable whatever texts they hold (``Message.serialize``).

    ``hide`` takes secrets out of the texts of exceptions, which only the worker may know.

    A lone surrogate in an exception's text raises in the worker, in the greenlet of the user that failed: Locust tries
    to send it again and again, and meanwhile the user sends no load.
    """
    serialize: Callable[[Message], Any] = Message.serialize
    if hasattr(serialize, "__wrapped__"):
        return

    @functools.wraps(serialize)
    def serialize_valid(message: Message) -> Any:
        if message.type == "exception":
            message.data = {key: hide(text) if isinstance(text, str) else text for key, text in message.data.items()}
        try:
            return serialize(message)
        except UnicodeEncodeError:
            message.data = encodable(message.data)
            return serialize(message)

    Message.serialize = serialize_valid  # type: ignore[method-assign]


def use_task_set(cls: type[DefaultTaskSet]) -> None:
    """Make users run their tasks by ``cls``: Locust looks up ``DefaultTaskSet`` in ``locust.user.users``."""
    users.DefaultTaskSet = cls  # type: ignore[attr-defined]


def mark_waiting(user: Any) -> None:
    """Mark a user as waiting between two tasks (``User._state``): Locust may stop it at once."""
    user._state = LOCUST_STATE_WAITING


def mark_running(user: Any) -> None:
    """Mark a user as running a task: Locust lets it finish."""
    user._state = LOCUST_STATE_RUNNING


def is_stopping(user: Any) -> bool:
    """Return whether Locust has asked the user to stop after its task."""
    return bool(user._state == LOCUST_STATE_STOPPING)


def join_spawning(runner: Any) -> None:
    """Wait until the last spawning is complete (``Runner.spawning_greenlet``).

    ``Runner.start`` kills a running spawning greenlet, and with it the listeners to the start of the test.
    """
    spawning = runner.spawning_greenlet if runner else None
    if spawning is not None:
        spawning.join(timeout=SPAWNING_TIMEOUT_S)


def last_tick(runner: Any) -> tuple[int, float] | None:
    """Return the last tick of the shape (``Runner.shape_last_tick``); repeating it starts nothing."""
    found: tuple[int, float] | None = runner.shape_last_tick if runner else None
    return found


def set_last_tick(runner: Any, users_wanted: int, spawn_rate: float) -> None:
    """Set the last tick of the shape, after a change between two ticks."""
    runner.shape_last_tick = (users_wanted, spawn_rate)


def swarm_greenlet(web_ui: Any) -> Any:
    """Return the greenlet in which the web UI starts a test (``WebUI._swarm_greenlet``), or None.

    A start that is refused must be stopped there: Locust offers no way to cancel it.
    """
    return getattr(web_ui, "_swarm_greenlet", None)


def allow_reconnection(runner: Any) -> None:
    """Let a worker that connects again replace its old connection, which may look alive.

    Without it ZeroMQ ignores the new connection: if a firewall drops one end of the old one, the worker is not heard
    for the rest of the run. Locust has no option for the socket (``MasterRunner.server.socket``).
    """
    with contextlib.suppress(zmq.ZMQError):  # a socket that Locust is just closing
        runner.server.socket.setsockopt(zmq.ROUTER_HANDOVER, 1)


def forget_worker(runner: Any, worker: str) -> None:
    """Make the master treat a worker as one that has stopped (``MasterRunner.handle_message``).

    If a refused worker left by itself as the only one so far, a headless master would stop its message loop and wait
    for workers whose messages it does not read.
    """
    if worker in runner.clients:
        runner.handle_message(worker, Message("client_stopped", None, worker))


def known_parser() -> Any:
    """Return Locust's parser with all options, those of locustfiles among them."""
    return argument_parser.get_parser()


def is_run_time_timer(greenlet: Any) -> bool:
    """Return whether a greenlet is the timer that ends a run after --run-time (a function within ``locust.main``)."""
    function = getattr(greenlet, "_run", None)
    return (getattr(function, "__module__", ""), getattr(function, "__name__", "")) == _RUN_TIME_TIMER
