"""When guests arrive: exactly as many as the rates say, none twice, whoever shares them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load import rate, schedule
from slo.load.plan import Plan, Stage

rates = st.one_of(st.just(0.0), st.floats(0.01, 40))
legs = st.lists(st.tuples(st.floats(0.1, 20), rates), min_size=1, max_size=4)


def plan_of(start: float, found: list[tuple[float, float]]) -> Plan:
    stages = []
    for number, (duration_s, target) in enumerate(found):
        stages.append(Stage(str(number), duration_s, 10, 10, start, target))
        start = target
    return Plan(tuple(stages))


@given(rates, legs)
def test_as_many_are_due_as_the_line_says(start: float, found: list[tuple[float, float]]) -> None:
    plan = plan_of(start, found)
    dues = list(schedule.due_times(plan))
    whole = sum(schedule.arrivals_until(stage, stage.duration_s) for stage in plan.stages)
    assert len(dues) == pytest.approx(math.ceil(whole), abs=1)
    assert [number for number, _ in dues] == list(range(len(dues)))
    times = [due_s for _, due_s in dues]
    assert times == sorted(times)
    assert all(0 <= due_s <= plan.total_s for due_s in times)


@given(rates, legs, st.data())
def test_at_each_moment_the_area_under_the_line_has_arrived(
    start: float, found: list[tuple[float, float]], data: st.DataObject
) -> None:
    plan = plan_of(start, found)
    at_s = data.draw(st.floats(0, plan.total_s))
    area, begins_s = 0.0, 0.0
    for stage in plan.stages:
        area += schedule.arrivals_until(stage, max(0.0, min(at_s - begins_s, stage.duration_s)))
        begins_s += stage.duration_s
    arrived = sum(due_s <= at_s for _, due_s in schedule.due_times(plan))
    assert area - 1e-6 <= arrived <= area + 1 + 1e-6


@given(rates, legs, st.integers(1, 5), st.data())
def test_shares_are_the_whole_and_nobody_comes_twice(
    start: float, found: list[tuple[float, float]], processes: int, data: st.DataObject
) -> None:
    plan = plan_of(start, found)
    since_s = data.draw(st.floats(0, plan.total_s))
    shares = [list(schedule.due_times(plan, since_s, processes, first)) for first in range(processes)]
    together = sorted(due for share in shares for due in share)
    assert together == [due for due in schedule.due_times(plan) if due[1] >= since_s]


def test_a_constant_rate_is_evenly_spaced() -> None:
    plan = rate.plan("4/s", 2.0)
    assert [due_s for _, due_s in schedule.due_times(plan)] == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75])


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("50/s", [("hold at 50/s", 60, 50, 50)]),
        ("300/m", [("hold at 5/s", 60, 5, 5)]),
        (
            "2m:50/s, 5m:50/s, 30s:0/s",
            [("ramp to 50/s", 120, 0, 50), ("hold at 50/s", 300, 50, 50), ("ramp to 0/s", 30, 50, 0)],
        ),
        ("10/s, 1 min:20/s", [("ramp to 20/s", 60, 10, 20)]),
        ("1s:1/s,1s:2/s,1s:1/s", [("ramp to 1/s", 1, 0, 1), ("ramp to 2/s", 1, 1, 2), ("ramp to 1/s (2)", 1, 2, 1)]),
        ("7200/h", [("hold at 2/s", 60, 2, 2)]),
    ],
)
def test_rates_are_written_as_one_says_them(text: str, stages: list[tuple[str, float, float, float]]) -> None:
    found = rate.stages(text, 60.0)
    assert [(s.name, s.duration_s, s.load_from, s.load_to) for s in found] == stages


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("50", "'50' is no rate"),
        ("fast", "'fast' is no rate"),
        ("-5/s", "'-5/s' is no rate"),
        ("5/d", "'5/d' is no rate"),
        ("2m", "'2m' is no rate"),
        ("2m:", "'' is no rate"),
        ("0s:5/s", "has no time"),
        ("2 x:5/s", "has no time"),
        ("0/s", "has no arrival at all"),
        ("1m:0/s", "has no arrival at all"),
        ("999999999/s", "more than this tool can offer"),
        ("10/s, 20/s", "has no time before its colon"),
    ],
)
def test_what_is_no_rate_says_what_is(text: str, words: str) -> None:
    with pytest.raises(rate.RateError, match="--rate") as caught:
        rate.stages(text, 60.0)
    assert words in str(caught.value)


def test_as_many_users_are_ready_as_come_in_ten_seconds() -> None:
    assert rate.plan("2m:50/s", 1.0).stages[0].users_to == 500
    assert rate.plan("1/m", 1.0).stages[0].users_to == 10
    assert rate.plan("50/s", 1.0, users=7).stages[0].users_to == 7
