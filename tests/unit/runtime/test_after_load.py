"""Requests after the load."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from slo.load.greenlet_tree import USER_ATTRIBUTE
from slo.measure.recorder import Recorder
from slo.runtime.after_load import count_apart, mark_cleaning, only_of_load


class Guest:
    """As much of a user as ends."""

    def __init__(self, request: Any) -> None:
        self.request = request

    def on_stop(self) -> None:
        self.request()


class Member(Guest):
    """Inherits its end."""


@pytest.mark.parametrize("exception", [None, ValueError("no")])
def test_only_requests_of_tasks_belong_to_the_load(exception: object) -> None:
    recorder, of_load, own = Recorder(), list[str](), list[str]()
    listen = count_apart(lambda **event: of_load.append(event["name"]), recorder, lambda *event: own.append(event[1]))

    def request(name: str = "cleaning") -> None:
        listen("GET", name, 5.0, 10, exception, response=None, context={})

    def user(kind: type[Guest]) -> None:
        setattr(gevent.getcurrent(), USER_ATTRIBUTE, 1)
        request("task")
        gevent.spawn(request, "spawned by the task").join()
        kind(request).on_stop()
        request("task")

    checked: list[tuple[str, str, bool]] = []
    on_check = only_of_load(lambda *check: checked.append(check))
    gevent.spawn(on_check, "cleaning", "is gone", False).join()
    assert checked == []
    undo = mark_cleaning([Guest, Member])
    for kind in (Guest, Member):
        gevent.spawn(user, kind).get()
    undo()
    gevent.spawn(request, "test_stop").get()
    assert of_load == ["task", "spawned by the task", "task"] * 2
    assert own == ["cleaning", "cleaning", "test_stop"]
    assert (recorder.code.after_load, recorder.code.after_load_failed) == (3, 3 if exception else 0)
    assert Member.on_stop is Guest.on_stop
