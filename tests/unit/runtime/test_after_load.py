"""Requests after the load."""

from __future__ import annotations

from typing import Any

import gevent
import pytest

from slo.load.greenlet_tree import USER_ATTRIBUTE
from slo.record.code_counts import CodeCounts
from slo.runtime.after_load import count_apart, mark_cleaning


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
    code, of_load, own = CodeCounts(), list[str](), list[str]()
    listen = count_apart(lambda **event: of_load.append(event["name"]), code, lambda *event: own.append(event[1]))

    def request(name: str = "cleaning") -> None:
        listen("GET", name, 5.0, 10, exception, response=None, context={})

    def user(kind: type[Guest]) -> None:
        setattr(gevent.getcurrent(), USER_ATTRIBUTE, 1)
        request("task")
        gevent.spawn(request, "spawned by the task").join()
        kind(request).on_stop()
        request("task")

    undo = mark_cleaning([Guest, Member])
    for kind in (Guest, Member):
        gevent.spawn(user, kind).get()
    undo()
    gevent.spawn(request, "test_stop").get()
    assert of_load == ["task", "spawned by the task", "task"] * 2
    assert own == ["cleaning", "cleaning", "test_stop"]
    assert (code.after_load, code.after_load_failed) == (3, 3 if exception else 0)
    assert Member.on_stop is Guest.on_stop
