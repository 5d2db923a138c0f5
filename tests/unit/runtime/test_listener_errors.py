"""Event listeners that fail are counted."""

from __future__ import annotations

import logging

import pytest
from locust.env import Environment

from slo.measure.recorder import Recorder
from slo.record.code_exceptions import CodeExceptions
from slo.record.slowest import SlowestRequests
from slo.runtime import hooks
from slo.runtime.context import context_of
from slo.runtime.listener_errors import ListenerErrors
from tests.support.history import Clock


@pytest.fixture
def environment() -> Environment:
    made = Environment()
    context_of(made).listener_errors.install()

    def fail(**_: object) -> None:
        raise ValueError("no such room\\n")

    made.events.test_start.add_listener(fail)
    return made


def test_a_failure_before_the_run_is_in_its_record(environment: Environment) -> None:
    recorder = Recorder(clock=Clock())
    environment.events.test_start.fire(environment=environment)
    detach = hooks.listen(environment, recorder, None, SlowestRequests(()))
    environment.events.test_start.fire(environment=environment)
    detach()
    environment.events.test_start.fire(environment=environment)
    assert recorder.code.exceptions == {"event listener: ValueError: no such room\\n": 2}
    assert context_of(environment).listener_errors.pending.total() == 1


def test_other_errors_in_the_log_are_not_counted() -> None:
    counts, errors = CodeExceptions(), ListenerErrors()
    errors.count_into(counts)
    errors.install()
    logging.getLogger().error("something else")
    assert counts == {}


def test_a_number_in_the_text_does_not_make_another_cause(environment: Environment) -> None:
    def fail(user_id: int, **_: object) -> None:
        raise ValueError(f"no user {user_id}\nat all")

    counts = CodeExceptions()
    context_of(environment).listener_errors.count_into(counts)
    environment.events.request.add_listener(fail)
    for user_id in (1234, 5678):
        environment.events.request.fire(user_id=user_id)
    assert counts == {"event listener: ValueError: no user # at all": 2}
