"""The private names of Locust that we rely on: each is there, and what is done with it works."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest
from locust import LoadTestShape, argument_parser, clients, events
from locust.contrib import fasthttp
from locust.event import EventHook
from locust.rpc import Message
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.stats import RequestStats, StatsEntry
from locust.user import users
from locust.user.task import DefaultTaskSet, TaskSet
from locust.user.users import User
from locust.web import WebUI

from slo.runtime import locust_compat
from slo.runtime.locust_compat import Listener


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("_handlers", type(events.request)),
        ("_cache_response_times", StatsEntry),
        ("DefaultTaskSet", users),
        ("_state", User),
        ("self.execute_task(", TaskSet),
        ("argument_parser.default_args_dict()", WorkerRunner.handle_message),
        ("spawning_greenlet", Runner),
        ("shape_last_tick", Runner),
        ("_swarm_greenlet", WebUI),
        ("handle_message", MasterRunner),
        ("server", MasterRunner),
        ("reset_time", LoadTestShape),
        (locust_compat.LISTENER_FAILED, EventHook),
        ("_manual_result", clients.ResponseContextManager.__exit__),
        ("_report_request", clients.ResponseContextManager.__exit__),
        ("_manual_result", fasthttp.ResponseContextManager.__exit__),
        ("_report_request", fasthttp.ResponseContextManager.__exit__),
        ("secret_args_included_in_web_ui", argument_parser.LocustArgumentParser),
    ],
)
def test_locust_still_has_the_name(name: str, where: object) -> None:
    assert name in inspect.getsource(where)  # type: ignore[arg-type]


def test_the_class_of_statistics_can_be_changed_in_place() -> None:
    class Ours(RequestStats):
        pass

    stats = RequestStats()
    assert locust_compat.change_statistics_class(stats, Ours)
    assert type(stats) is Ours
    assert not locust_compat.change_statistics_class(stats, Ours)


def test_users_run_their_tasks_by_the_class_that_is_set() -> None:
    class Ours(DefaultTaskSet):
        pass

    try:
        locust_compat.use_task_set(Ours)
        assert users.DefaultTaskSet is Ours  # type: ignore[attr-defined]
    finally:
        locust_compat.use_task_set(DefaultTaskSet)


def test_the_table_of_locusts_own_arguments_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[None] = []

    def default_args_dict() -> dict[str, int]:
        built.append(None)
        return {"users": 1}

    monkeypatch.setattr(argument_parser, "default_args_dict", default_args_dict)
    for _ in range(2):  # also where two locustfiles import the plugin
        locust_compat.cache_default_arguments()
    first = argument_parser.default_args_dict()
    first["users"] = 2
    assert argument_parser.default_args_dict() == {"users": 1}
    assert len(built) == 1


@pytest.fixture
def own() -> Iterator[Listener]:
    """Return a listener like the one that Locust's runner adds."""

    def on_request(**_: object) -> None: ...

    on_request.__module__ = "locust.runners"
    events.request.add_listener(on_request)
    yield on_request
    events.request.remove_listener(on_request)


def test_a_request_listener_is_replaced_in_its_place(own: Listener) -> None:
    def new(**_: object) -> None: ...

    before = list(locust_compat.request_listeners())
    assert locust_compat.statistics_listener() is own
    locust_compat.replace_request_listener(own, new)
    try:
        assert locust_compat.request_listeners().index(new) == before.index(own)
        assert locust_compat.statistics_listener() is None
    finally:
        locust_compat.replace_request_listener(new, own)
    assert locust_compat.request_listeners() == before


def test_a_user_is_marked() -> None:
    user = SimpleNamespace(_state=None)
    locust_compat.mark_waiting(user)
    assert not locust_compat.is_stopping(user)
    locust_compat.mark_running(user)
    user._state = "stopping"
    assert locust_compat.is_stopping(user)


def test_a_worker_that_is_refused_is_treated_as_stopped() -> None:
    handled: list[tuple[str, str]] = []
    runner = SimpleNamespace(
        clients={"w1": 1}, handle_message=lambda worker, message: handled.append((worker, message.type))
    )
    locust_compat.forget_worker(runner, "w1")
    locust_compat.forget_worker(runner, "gone")
    assert handled == [("w1", "client_stopped")]


def test_a_message_with_invalid_text_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Message, "serialize", inspect.unwrap(Message.serialize))
    locust_compat.send_valid_text(lambda text: text.replace("t0ken", "***"))
    serialized = Message("exception", {"msg": "half \ud83d t0ken", "tb": ["\ud83d"], "count": 1}, "w1").serialize()
    assert Message.unserialize(serialized).data == {"msg": "half \ufffd ***", "tb": ["\ufffd"], "count": 1}


def test_a_listener_is_called_after_all_others_in_reverse_order() -> None:
    called: list[str] = []
    hook = EventHook()

    def ours(**_: object) -> None:
        called.append("ours")

    hook.add_listener(lambda **_: called.append("registered before"))
    hook.add_listener(ours)
    hook.add_listener(lambda **_: called.append("registered after"))
    locust_compat.call_last(hook, ours)
    hook.fire(reverse=True)
    assert called == ["registered after", "registered before", "ours"]


def test_a_listener_can_be_called_before_all_others() -> None:
    called: list[str] = []
    hook = EventHook()
    hook.add_listener(lambda **_: called.append("registered before"))
    locust_compat.call_first(hook, lambda **_: called.append("ours"))
    hook.fire()
    assert called == ["ours", "registered before"]


def test_locust_shuts_down_once_and_in_the_main_greenlet() -> None:
    hook, called = EventHook(), list[str]()
    hook.add_listener(lambda **_: called.append("a listener"))
    locust_compat.shut_down_once(hook, lambda: called.append("prepared"))
    by_signal = gevent.spawn(hook.fire, reverse=True)
    with pytest.raises(KeyboardInterrupt):  # the main greenlet, this one, is to shut down instead
        by_signal.join(timeout=30)
    assert called == []
    hook.fire(reverse=True)
    again = gevent.spawn(hook.fire, reverse=True)
    gevent.sleep(0.01)
    assert not by_signal.ready()
    assert not again.ready()
    assert called == ["prepared", "a listener"]
    gevent.killall([by_signal, again])


def test_the_timer_of_the_run_time_is_known_by_its_function() -> None:
    source = Path(inspect.getfile(Runner)).with_name("main.py").read_text(encoding="utf-8")
    assert "def stop_and_optionally_quit" in source
    assert "gevent.spawn_later(options.run_time, stop_and_optionally_quit)" in source
    seen: list[bool] = []

    def stop_and_optionally_quit() -> None:
        seen.append(locust_compat.is_run_time_timer(gevent.getcurrent()))

    gevent.spawn(stop_and_optionally_quit).join()
    stop_and_optionally_quit.__module__ = "locust.main"
    gevent.spawn_later(0.001, stop_and_optionally_quit).join()
    assert seen == [False, True]
    assert not locust_compat.is_run_time_timer(None)
