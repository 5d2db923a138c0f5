"""The search for the limit, told the truth, noise and contradictions about a limit that is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.search import MAX_TRIES, PRECISION, Search


def found(search: Search, knee: float) -> list[int]:
    """Return the users of all steps of a search that is told the truth."""
    steps = []
    while (aim := search.next()) is not None:
        steps.append(aim.users)
        search.report(aim.users, aim.users <= knee, aim.users <= knee)
    return steps


@given(knee=st.integers(1, 9_999), start=st.integers(1, 500))
def test_the_answer_is_within_five_percent_of_any_knee(knee: int, start: int) -> None:
    search = Search(start, 10_000)
    steps = found(search, knee)
    low, high = search.low, search.high
    assert high is not None
    assert low <= knee < high
    assert high - low <= max(1, PRECISION * high)
    assert len(steps) <= 26
    assert steps.count(low) >= 2, "the answer was not confirmed"


@given(knee=st.integers(1, 9_999), per_user=st.floats(0, 100), seed=st.integers())
def test_a_throughput_that_misleads_costs_steps_and_no_accuracy(knee: int, per_user: float, seed: int) -> None:
    search, drawn, steps = Search(1, 10_000), random.Random(seed), 0
    while (aim := search.next()) is not None:
        steps += 1
        search.report(aim.users, aim.users <= knee, True, per_user * drawn.uniform(0, aim.users))
    assert search.high is not None
    assert search.low <= knee < search.high
    assert search.high - search.low <= max(1, PRECISION * search.high)
    assert steps <= 36


def test_a_throughput_that_saturates_leads_to_the_knee() -> None:
    search, steps = Search(1, 1000), []
    while (aim := search.next()) is not None:
        steps.append(aim.users)
        search.report(aim.users, aim.users <= 22, True, min(aim.users, 22) * 5)
    assert steps == [1, 2, 4, 8, 16, 32, 22, 27, 23, 22]


@given(most=st.integers(1, 10_000), start=st.integers(1, 10_000))
def test_a_target_that_bears_the_most_is_asked_for_no_more(most: int, start: int) -> None:
    search = Search(start, most)
    steps = found(search, 10**6)
    assert (search.low, search.high) == (most, None)
    assert max(steps) == most


@given(start=st.integers(1, 1_000))
def test_a_target_that_bears_nobody_is_found_out(start: int) -> None:
    search = Search(start, 10_000)
    found(search, 0)
    assert (search.low, search.high) == (0, 1)


def test_the_steps_double_until_one_fails_and_halve_the_way_after() -> None:
    assert found(Search(1, 1000), 16) == [1, 2, 4, 8, 16, 32, 24, 20, 18, 17, 16]


@given(
    start=st.integers(1, 50), outcomes=st.lists(st.sampled_from([True, False, None]), max_size=40), seed=st.integers()
)
def test_it_ends_whatever_it_is_told(start: int, outcomes: list[bool | None], seed: int) -> None:
    search, drawn = Search(start, 1000), random.Random(seed)
    tries: dict[int, int] = {}
    while (aim := search.next()) is not None:
        assert 1 <= aim.users <= 1000
        tries[aim.users] = tries.get(aim.users, 0) + 1
        search.report(
            aim.users, outcomes.pop() if outcomes else drawn.choice([True, False, None]), drawn.random() < 0.5
        )
        assert search.high is None or search.low < search.high
    assert max(tries.values()) <= MAX_TRIES


@pytest.mark.parametrize("hiccup", [1, 2, 4, 8, 16])
def test_a_hiccup_on_the_way_up_does_not_decide(hiccup: int) -> None:
    search, hiccups = Search(1, 1000), {hiccup}
    while (aim := search.next()) is not None:
        held = aim.users <= 40 and aim.users not in hiccups
        hiccups -= {aim.users}
        search.report(aim.users, held, held)
    assert search.low == pytest.approx(40, rel=PRECISION)


@pytest.mark.parametrize("seed", range(20))
def test_noise_near_the_knee_moves_the_answer_little(seed: int) -> None:
    """Within 10 % of the knee the outcome is drawn, and a third of it unclear."""
    drawn, search = random.Random(seed), Search(1, 1000)
    while (aim := search.next()) is not None:
        likely = aim.users <= 100 * drawn.uniform(0.9, 1.1)
        search.report(aim.users, None if drawn.random() < 0.3 else likely, likely)
    assert search.low == pytest.approx(100, rel=0.15)


def test_what_was_never_clear_is_not_sure() -> None:
    search = Search(1, 2)
    for held in (True, None):
        aim = search.next()
        assert aim is not None
        search.report(aim.users, held, True)
    assert search.confirmed(1)
    assert not search.confirmed(2)
    assert not search.confirmed(7)
