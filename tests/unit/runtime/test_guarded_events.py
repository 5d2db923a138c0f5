"""Listeners that raise what ends a user or a greenlet."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from gevent import GreenletExit
from gevent.event import Event
from locust.event import Events

from slo.runtime import guarded_events, locust_compat


@pytest.fixture
def events() -> Events:
    made = Events()
    guarded_events.guard(made)
    return made


@pytest.mark.parametrize("kind", [GreenletExit, *locust_compat.ENDS_A_USER])
def test_a_listener_that_raises_what_ends_a_user_has_failed_and_the_others_are_called(
    kind: type[BaseException], events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    def leave(**_: Any) -> None:
        raise kind

    events.test_stop.add_listener(leave)
    events.test_stop.add_listener(lambda **_: called.append("second"))
    events.test_stop.fire(environment=None)
    assert called == ["second"]
    assert "Uncaught exception in event handler" in caplog.text
    assert f"a listener raised {kind.__name__}" in caplog.text
    events.quitting.add_listener(lambda **_: called.append("quitting"))
    events.quitting.add_listener(leave)
    events.quitting.fire(reverse=True, environment=None)
    assert called == ["second", "quitting"]


@pytest.mark.parametrize("wait", [lambda: gevent.sleep(60), lambda: Event().wait(60)], ids=["sleep", "event"])
def test_a_greenlet_that_is_killed_in_a_listener_ends(events: Events, wait: Any) -> None:
    reached, ended = Event(), []

    def listen(**_: Any) -> None:
        reached.set()
        wait()

    def fire() -> None:
        events.test_stop.fire(environment=None)
        ended.append("went on")

    events.test_stop.add_listener(listen)
    firing = gevent.spawn(fire)
    reached.wait(10)
    firing.kill(timeout=10)
    assert firing.dead
    assert ended == []


def test_an_event_of_users_ends_the_user(events: Events) -> None:
    def leave(**_: Any) -> None:
        raise GreenletExit

    events.request.add_listener(leave)
    with pytest.raises(GreenletExit):
        events.request.fire()


def test_an_event_that_fires_in_a_way_of_its_own_is_left_as_it_is() -> None:
    events, fired = Events(), []
    events.quitting.fire = lambda **words: fired.append(words)  # type: ignore[method-assign]
    guarded_events.guard(events)
    events.quitting.fire(environment=None)
    assert fired == [{"environment": None}]
