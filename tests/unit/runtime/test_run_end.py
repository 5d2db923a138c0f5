"""How the load of a run ended."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust.env import Environment

from slo.load.greenlet_tree import USER_ATTRIBUTE
from slo.load.plan import Plan
from slo.load.search_record import SearchRecord
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.record.target import Target
from slo.runtime.run_end import LoadEnd, ending_of, start_note
from slo.runtime.shape import LimitShape
from tests.support.made import Clock

PLAN = Plan.ramps(("hold", 10, 5))
BY_SHAPE, BY_CALL, BY_TASK = LoadEnd(by_shape=True), LoadEnd(by_call=True), LoadEnd(by_task=True)


def after(folder: Path, seconds: float, plan: Plan | None = None) -> Measurement:
    clock = Clock()
    made = Measurement(RunDescription("made", None, Target("http://api.test"), plan), folder, clock=clock)
    clock.now += seconds
    return made


def options(run_time: float | None = None, headless: bool = True) -> Namespace:
    return Namespace(run_time=run_time, headless=headless)


@pytest.mark.parametrize(("seconds", "how"), [(9.7, "incomplete"), (9.8, "completed"), (12.0, "completed")])
def test_a_plan_is_complete_at_its_end(tmp_path: Path, seconds: float, how: str) -> None:
    assert ending_of(after(tmp_path, seconds, PLAN), options(), True, LoadEnd()).how == how


@pytest.mark.parametrize(
    ("run_time", "before_s", "seconds", "complete"),
    [
        (100, 0, 99.4, False),
        (100, 0, 99.6, True),
        (100, 10, 89.6, True),
        (100, 10, 89.4, False),
        (100, 51, 49.0, False),
        (1, 0, 0.4, False),
        (1, 0, 0.9, True),
    ],
)
def test_a_run_time_is_complete_when_it_is_over_listeners_to_the_start_included(
    tmp_path: Path, run_time: float, before_s: float, seconds: float, complete: bool
) -> None:
    found = ending_of(after(tmp_path, seconds), options(run_time), False, LoadEnd(by_call=True, before_s=before_s))
    assert (found.how == "completed") is complete


@pytest.mark.parametrize(("seconds", "complete"), [(5.0, True), (4.9, False)])
def test_the_timer_of_the_run_time_may_fire_early(tmp_path: Path, seconds: float, complete: bool) -> None:
    found = ending_of(after(tmp_path, seconds), options(10), False, LoadEnd(by_call=True, by_run_time=True))
    assert (found.how == "completed") is complete


def test_a_run_time_beside_a_shape_says_nothing_as_locust_ignores_it(tmp_path: Path) -> None:
    measurement = after(tmp_path, 5)
    assert ending_of(measurement, options(run_time=600), True, BY_SHAPE).how == "completed"
    assert ending_of(measurement, options(run_time=600), True, BY_CALL).how == "stopped"
    assert ending_of(measurement, options(), False, LoadEnd()).how == "stopped"


def test_a_search_is_complete_when_it_has_its_answer(tmp_path: Path) -> None:
    measurement, controller = after(tmp_path, 5), SimpleNamespace(done=False)
    measurement.search_controller = controller  # type: ignore[assignment]
    found = ending_of(measurement, options(), True, BY_CALL)
    assert (found.how, found.reason) == (
        "incomplete",
        "the search ended after 5.0 s without its answer (see the log)",
    )
    controller.done = True
    assert ending_of(measurement, options(), True, BY_SHAPE).how == "completed"


@pytest.mark.parametrize(
    ("plan", "parsed", "end", "how", "reason"),
    [
        (PLAN, {}, LoadEnd(), "incomplete", "the load ended after 5.0 s of 10.0 s (see the log)"),
        (None, {"run_time": 60}, LoadEnd(), "incomplete", "the load ended after 5.0 s of 60.0 s (see the log)"),
        (None, {}, LoadEnd(), "stopped", "stopped by the user before its plan's end"),
        (PLAN, {}, BY_CALL, "quit", "the locustfile, or a plugin, ended it after 5.0 s of 10.0 s"),
        (None, {}, BY_TASK, "stopped", "the locustfile, or a plugin, ended it after 5.0 s; no --run-time was given"),
        (PLAN, {}, LoadEnd(workers_left=True), "incomplete", "all workers left after 5.0 s of 10.0 s"),
        (PLAN, {"headless": False}, BY_CALL, "stopped", "stopped by the user before its plan's end"),
        (PLAN, {"headless": False}, BY_TASK, "quit", "the locustfile, or a plugin, ended it after 5.0 s of 10.0 s"),
    ],
)
def test_an_early_end_says_who_ended_it_and_how_much_was_offered(
    tmp_path: Path, plan: Plan | None, parsed: dict[str, Any], end: LoadEnd, how: str, reason: str
) -> None:
    found = ending_of(after(tmp_path, 5, plan), options(**parsed), plan is not None, end)
    assert (found.how, found.reason) == (how, reason)


def test_who_ends_the_load_is_seen_where_it_ends() -> None:
    environment, runner = Environment(), SimpleNamespace(shape_greenlet=None)
    found: list[LoadEnd] = []

    def end() -> None:
        found.append(LoadEnd.now(environment, runner, 2.0, None))

    end()
    gevent.spawn(end).join()
    user = gevent.spawn(end)
    setattr(user, USER_ATTRIBUTE, True)
    user.join()
    environment.shape_class = LimitShape(SearchRecord(1, 10, 60.0), lambda: 1)
    runner.shape_greenlet = gevent.spawn(end)
    runner.shape_greenlet.join()
    # pytest runs in the main greenlet.
    assert found == [
        LoadEnd(before_s=2.0),
        LoadEnd(by_call=True, before_s=2.0),
        LoadEnd(by_call=True, by_task=True, before_s=2.0),
        LoadEnd(by_call=True, by_shape=True, before_s=2.0),
    ]


@pytest.mark.parametrize(("run_time", "before_s", "noted"), [(60, 0.5, False), (60, 4.0, True), (None, 4.0, False)])
def test_a_long_preparation_is_noted(run_time: float | None, before_s: float, noted: bool) -> None:
    note = start_note(options(run_time), LoadEnd(before_s=before_s))
    assert note == ("" if not noted else note)
    assert ("took 4.0 s of --run-time" in note and "the load lasted 56.0 of 60 s" in note) is noted
