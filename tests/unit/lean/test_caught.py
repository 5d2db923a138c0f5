"""A with-block decides how a request counts."""

from __future__ import annotations

from typing import Any

import pytest
from locust.exception import CatchResponseError, LocustError, ResponseError

from slo.lean.caught import NO_FAILURES, CaughtResponse
from slo.runtime import locust_compat


class Event:
    def __init__(self) -> None:
        self.fired: list[Any] = []

    def fire(self, response: object, **meta: Any) -> None:
        self.fired.append(meta["exception"])


def caught(error: Exception | None = None) -> tuple[CaughtResponse, list[Any]]:
    response, event = CaughtResponse("http://shop.test/", "GET", error), Event()
    response.request_meta = {"name": "/", "exception": error}
    response._event = event
    return response, event.fired


def test_without_a_decision_the_answer_decides() -> None:
    for error in (None, TimeoutError("late")):
        response, fired = caught(error)
        with response:
            assert fired == []
        assert fired == [error]


def test_the_last_decision_counts() -> None:
    response, fired = caught(TimeoutError("late"))
    with response:
        response.failure("no")
        response.success()
    assert fired == [None]
    response, fired = caught()
    with response:
        response.success()
        response.failure("empty")
    assert isinstance(fired[0], CatchResponseError)
    assert str(fired[0]) == "empty"


def test_a_response_error_is_a_failed_request_and_goes_no_further() -> None:
    response, fired = caught()
    error = ResponseError("bad")
    with response:
        raise error
    assert fired == [error]


def test_an_exception_in_the_block_is_a_failed_request_and_goes_on() -> None:
    response, fired = caught()
    error = KeyError("id")
    with pytest.raises(KeyError), response:
        raise error
    assert fired == [error]


def test_all_clients_agree_on_what_is_no_failure() -> None:
    assert NO_FAILURES == locust_compat.NO_FAILURES


@pytest.mark.parametrize("kind", NO_FAILURES)
def test_what_ends_a_task_says_nothing_of_the_response(kind: type[BaseException]) -> None:
    for outcome in (None, TimeoutError("late")):
        response, fired = caught(outcome)
        with pytest.raises(kind), response:
            raise kind()
        assert fired == [outcome]


def test_a_decision_takes_precedence_over_an_exception() -> None:
    response, fired = caught()

    def decide_then_fail() -> None:
        response.success()
        raise KeyError("id")

    with pytest.raises(KeyError), response:
        decide_then_fail()
    assert fired == [None]


def test_a_decision_is_made_in_a_with_block_alone() -> None:
    response, _ = caught()
    for call in (response.success, lambda: response.failure("x")):
        with pytest.raises(LocustError, match="Only a with-block decides"):
            call()


def test_a_with_block_needs_catch_response() -> None:
    with pytest.raises(LocustError, match="catch_response=True"), CaughtResponse("http://shop.test/", "GET"):
        pass


def test_raise_for_status_raises_the_decision() -> None:
    response, _ = caught(TimeoutError("late"))
    with response:
        response.failure("empty")
        with pytest.raises(CatchResponseError, match="empty"):
            response.raise_for_status()
        response.success()
        response.raise_for_status()
