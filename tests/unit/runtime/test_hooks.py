"""What every process attaches to Locust's events."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Any

import pytest
from gevent import GreenletExit
from locust import events
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from slo.measure.recorder import Recorder
from slo.metrics.endpoint import endpoint_id
from slo.record.slowest import SlowestRequests
from slo.runtime import hooks, locust_compat
from slo.runtime.batched import BatchedStats
from slo.runtime.check_event import check_event
from slo.runtime.context import context_of
from tests.support.history import Clock, history_of, total


def test_requests_and_checks_are_recorded_until_it_is_detached() -> None:
    environment, recorder = Environment(), Recorder(clock=Clock())
    detach = hooks.listen(environment, recorder, None, SlowestRequests(()))
    fields = {"request_type": "GET", "name": "home", "response_length": 5, "exception": None, "context": {}}
    events.request.fire(response_time=10.0, **fields)
    check_event().notify("home", "body", True)
    detach()
    events.request.fire(response_time=10.0, **fields)
    check_event().notify("home", "body", True)
    tally = total(history_of(recorder.finish()))
    assert tally.requests == 1
    assert tally.checks == {"body": [1, 0]}


def test_what_is_open_of_the_load_at_the_end_is_counted() -> None:
    environment, recorder = Environment(), Recorder()
    detach = hooks.listen(environment, recorder, None, SlowestRequests(()))
    started = context_of(environment).open_requests.started
    started[time.perf_counter()] = ("GET", "home")
    environment.events.test_stopping.fire()
    started[time.perf_counter()] = ("GET", "report")  # of the time after the load
    detach()
    tallies = {name: tally for one in recorder.finish() for name, tally in one.tallies()}
    assert {name: tally.unanswered.total for name, tally in tallies.items()} == {endpoint_id("GET", "home"): 1}
    assert [name for _, name in started.values()] == ["report"]


def test_one_listener_feeds_both_statistics_where_they_are_ours() -> None:
    def on_request(**_: object) -> None: ...

    on_request.__module__ = "locust.runners"  # as the one that Locust's runner adds
    events.request.add_listener(on_request)
    environment = Environment()
    before = list(locust_compat.request_listeners())
    BatchedStats.replace(environment.stats)
    detach = hooks.listen(environment, Recorder(clock=Clock()), None, SlowestRequests(()))
    assert len(locust_compat.request_listeners()) == len(before)
    assert locust_compat.statistics_listener() is None
    detach()
    assert locust_compat.request_listeners() == before
    events.request.remove_listener(on_request)


def test_locusts_clients_are_restored() -> None:
    clients = FastHttpSession.request, HttpSession.request
    hooks.listen(Environment(), Recorder(clock=Clock()), None, SlowestRequests(()))()
    assert (FastHttpSession.request, HttpSession.request) == clients


@pytest.mark.parametrize("session", [FastHttpSession, HttpSession])
def test_a_request_whose_user_is_stopped_is_counted_with_its_age(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_: Any, **__: Any) -> None:
        raise GreenletExit

    monkeypatch.setattr(session, "request", wait)
    recorder = Recorder(clock=Clock())
    detach = hooks.listen(Environment(), recorder, None, SlowestRequests(()))
    client = Namespace(request_name=None)
    for name in (None, "home"):
        with pytest.raises(GreenletExit):
            session.request(client, "GET", "/path", name)
    detach()
    tallies = {name: tally for interval in recorder.finish() for name, tally in interval.tallies()}
    assert {name: (tally.unanswered.total, tally.requests) for name, tally in tallies.items()} == {
        endpoint_id("GET", "/path"): (1, 0),
        endpoint_id("GET", "home"): (1, 0),
    }
