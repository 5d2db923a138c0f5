"""Each private name of Locust that we rely on is there; a new Locust that renames one fails the case that names it.

They run in a process of their own (tests/integration/test_locust_compat.py): Locust patches the standard library.
"""

from __future__ import annotations

import argparse
import inspect

import pytest
from locust import LoadTestShape, argument_parser, clients, events
from locust.contrib import fasthttp
from locust.event import EventHook
from locust.runners import MasterRunner, Runner
from locust.stats import RequestStats, StatsEntry
from locust.user import users
from locust.user.task import DefaultTaskSet
from locust.user.users import User
from locust.web import WebUI

from slo.runtime import locust_compat


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("_handlers", type(events.request)),
        ("_cache_response_times", StatsEntry),
        ("DefaultTaskSet", users),
        ("_state", User),
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


def test_a_listener_is_replaced_where_it_stands() -> None:
    def old(**_: object) -> None: ...

    def new(**_: object) -> None: ...

    events.request.add_listener(old)
    place = locust_compat.request_listeners().index(old)
    locust_compat.replace_request_listener(old, new)
    assert locust_compat.request_listeners()[place] is new
    events.request.remove_listener(new)


def test_the_options_of_the_parser_are_listed() -> None:
    dests = {action.dest for action in locust_compat.parser_actions(locust_compat.known_parser())}
    assert {"num_users", "run_time"} <= dests


@pytest.mark.parametrize("in_a_group", [False, True])
def test_an_option_that_is_defined_twice_is_reported(in_a_group: bool) -> None:
    parser = argument_parser.LocustArgumentParser()
    reported: list[list[str]] = []
    locust_compat.on_option_conflict(parser, reported.append)
    parser.add_argument("--one")
    container = parser.add_argument_group("group") if in_a_group else parser
    with pytest.raises(argparse.ArgumentError, match="--one"):
        container.add_argument("--one")
    assert reported == [["--one"]]
