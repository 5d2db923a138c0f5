"""Loads that cannot be offered are named before the first request."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

import pytest
from locust import LoadTestShape
from locust.env import Environment

from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.runtime.load_checks import arrival_shape, load_error, search_error
from slo.runtime.open_model import ArrivalShape
from slo.runtime.shape import LimitShape
from tests.support.made import demanding

Parse = Callable[..., Namespace]
OBJECTIVES = demanding("indicator: latency.p95, target: 1 s, priority: P0")


class Planned(LoadTestShape):
    plan = Plan.ramps(("jump", 1, 5000))

    def tick(self) -> None:
        return None


def test_a_rate_says_how_many_users_there_may_be(parse: Parse) -> None:
    environment = Environment(parsed_options=parse("--headless", "--rate", "50/s", "-t", "1m"))
    assert isinstance(arrival_shape(environment), ArrivalShape)
    assert environment.parsed_options is not None
    assert environment.parsed_options.num_users == 500
    assert arrival_shape(Environment(parsed_options=parse("--headless"))) is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["--rate", "5/s", "--find-limit"], "give one of the two"), (["--rate", "5/s"], "is held for --run-time")],
)
def test_a_rate_that_cannot_be_offered_ends_the_process(
    parse: Parse, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="3"):
        arrival_shape(Environment(parsed_options=parse("--headless", *words)))
    assert reason in capsys.readouterr().err


def test_a_plan_is_checked_against_the_number_of_processes(parse: Parse) -> None:
    environment = Environment(parsed_options=parse("--headless"), shape_class=Planned())  # type: ignore[no-untyped-call]
    assert "stage 'jump' goes from 0 to 5000 users" in load_error(environment, None, None, 1)
    assert load_error(environment, None, None, 5) == ""


def test_a_shape_that_was_chosen_instead_is_named(parse: Parse) -> None:
    rated = Environment(parsed_options=parse("--headless", "--rate", "5/s", "-t", "1m"), shape_class=Planned())  # type: ignore[no-untyped-call]
    assert "--rate cannot offer its load" in load_error(rated, None, None, 9)
    limit = LimitShape(SearchRecord(1, 10, 60.0), lambda: None)
    searching = Environment(parsed_options=parse("--headless", "--find-limit"), shape_class=Planned())  # type: ignore[no-untyped-call]
    assert "--find-limit cannot offer its load" in load_error(searching, OBJECTIVES, limit, 9)
    searching.shape_class = limit
    assert load_error(searching, OBJECTIVES, limit, 1) == ""


@pytest.mark.parametrize(
    ("words", "start", "file", "reason"),
    [
        ((), 1, False, "needs objectives to search by"),
        (("-t", "1m"), 1, True, "leave --run-time out"),
        ((), 11, True, "--find-limit-from 11 is more than -u 10"),
        ((), 10, True, ""),
    ],
)
def test_a_search_that_cannot_be_made_says_why(
    parse: Parse, words: tuple[str, ...], start: int, file: bool, reason: str
) -> None:
    found = search_error(parse(*words), SearchRecord(start, 10, 60.0), OBJECTIVES.items if file else None)
    assert reason in found
    assert bool(found) == bool(reason)
