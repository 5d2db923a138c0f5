"""What is done with Locust's private names, on objects of this process."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.stats import RequestStats

from slo.runtime import locust_compat
from slo.runtime.locust_compat import Listener


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


def test_only_locusts_own_statistics_change_their_class() -> None:
    class First(RequestStats): ...

    class Second(RequestStats): ...

    stats = RequestStats()
    assert locust_compat.change_statistics_class(stats, First)
    assert type(stats) is First
    assert not locust_compat.change_statistics_class(stats, Second)


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


@pytest.mark.parametrize("late", [False, True])
def test_an_option_that_is_defined_twice_is_reported_in_any_group(late: bool) -> None:
    parser = LocustArgumentParser()
    seen: list[list[str]] = []
    before = parser.add_argument_group("before")
    locust_compat.on_option_conflict(parser, seen.append)
    group = parser.add_argument_group("after") if late else before
    parser.add_argument("--count")
    with pytest.raises(Exception, match="conflicting option"):
        group.add_argument("--count")
    assert seen == [["--count"]]
