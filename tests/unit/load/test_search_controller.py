"""A search under way, second by second, against simulated targets with queues."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo.load.search_controller import SearchController, SearchPace
from slo.load.search_record import SearchRecord, SearchStep
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.verdict import judge
from tests.support.made import demanding

FAST = SearchPace(settle_s=2, min_hold_s=4, max_hold_s=12, recover_s=8)
SLOW = "name: slow, indicator: latency.p95, target: 120 ms, priority: P0"


@dataclass
class Target:
    """Serves ``knee`` users without pauses in 100 ms each; what more of them sent stays for ``drain_s``.

    ``offered`` is what it was asked to bear, second by second; ``reported_s`` how late counts are known.
    """

    knee: float
    drain_s: int = 0
    reported_s: int = 0
    rps: float = 10
    offered: list[int] = field(default_factory=list)
    counts: dict[int, Tally] = field(default_factory=dict)
    _ill_until: int = -1

    def second(self, number: int, users: int) -> None:
        if users > self.knee:
            self._ill_until = number + self.drain_s
        latency_us = 100_000 if users <= self.knee and number > self._ill_until else 300_000
        tally = self.counts[number] = Tally()
        for _ in range(max(1, round(min(users, 30) * self.rps))):
            tally.ok.record(latency_us)
        self.offered.append(users)

    def window(self, start_ms: int, end_ms: int) -> Tallies:
        tallies = [tally for second, tally in self.counts.items() if start_ms <= second * 1000 < end_ms]
        return {("home", "run"): Tally.merged(tallies)} if tallies else {}


def climbed(target: Target, time_s: float = 600, rises_in: int = 0, pace: SearchPace = FAST) -> SearchController:
    """Return the search's end; users run as many seconds late as ``rises_in`` says."""
    climb = SearchController(
        SearchRecord(1, 1000, time_s), pace, judge.step_judge(None, demanding(SLOW)), float(target.reported_s)
    )
    running: deque[int] = deque([0] * rises_in)
    for second in range(int(time_s) + 5):
        if climb.wanted is None:
            return climb
        running.append(climb.wanted)
        users = running.popleft() if rises_in else running.pop()
        target.second(second, users)
        climb.update(second + 1.01, users, second + 1.01 - target.reported_s, target.window)
    raise AssertionError("the search took longer than its time")


def held(climb: SearchController) -> list[int]:
    return [step.users for step in climb.steps.items]


@given(knee=st.integers(1, 900), drain_s=st.integers(0, 5), reported_s=st.sampled_from([0, 4]))
@settings(max_examples=15, deadline=None)
def test_it_ends_at_the_knee_however_long_queues_drain(knee: int, drain_s: int, reported_s: int) -> None:
    climb = climbed(Target(knee, drain_s, reported_s))
    assert climb.steps.items[-1].users == pytest.approx(knee, rel=0.05, abs=1)


@given(
    knee=st.integers(0, 2000),
    time_s=st.integers(30, 200),
    reported_s=st.sampled_from([0, 4]),
    rises_in=st.integers(0, 9),
)
@settings(max_examples=30, deadline=None)
def test_it_never_takes_longer_than_its_time(knee: int, time_s: int, reported_s: int, rises_in: int) -> None:
    target = Target(knee, 3, reported_s)
    climb = climbed(target, time_s, rises_in)
    assert len(target.offered) <= time_s
    assert all(step.end_ms <= time_s * 1000 for step in climb.steps.items)


@pytest.mark.parametrize("time_s", range(30, 60))
def test_no_step_begins_that_cannot_be_held_to_its_end(time_s: int) -> None:
    target = Target(10**6)
    climb = climbed(target, time_s)
    assert set(target.offered) == set(held(climb))


def test_what_held_is_confirmed_for_twice_as_long() -> None:
    steps = climbed(Target(4)).steps.items
    assert steps[-1].users == 4
    assert steps[-1].hold_s == 2 * FAST.min_hold_s
    assert next(step.hold_s for step in steps if step.users == 4) < 2 * FAST.min_hold_s


def test_a_step_counts_from_when_its_queues_are_its_own() -> None:
    climb = climbed(Target(4), rises_in=3)
    rising = climb.steps.items[:3]
    assert [step.users for step in rising] == [1, 2, 4]
    for step in rising:
        assert step.hold_ms - step.start_ms >= (3 + FAST.settle_s - 1) * 1000
        assert step.end_ms - step.hold_ms >= FAST.min_hold_s * 1000


def test_after_a_failed_step_the_load_falls_until_the_target_is_back() -> None:
    target = Target(20, drain_s=6)
    climb = climbed(target, pace=replace(FAST, recover_s=30))
    failed = next(step for step in climb.steps.items if step.users == 32)
    after = target.offered[failed.end_ms // 1000 + 1 :]
    away = next(number for number, users in enumerate(after) if users != 16)
    assert away >= 6, "the next step began in the queues of the one before"
    assert away <= 6 + 4, "it waited for what was over"
    assert set(after[:away]) == {16}, "it falls to what held"


def test_a_target_that_never_comes_back_is_not_waited_for_for_ever() -> None:
    target = Target(20, drain_s=10**6)
    climb = climbed(target)
    first = next(step for step in climb.steps.items if step.users == 32)
    later = [step for step in climb.steps.items if step.start_ms > first.start_ms]
    assert later[0].start_ms - first.end_ms <= (FAST.recover_s + 2) * 1000


def test_steps_too_noisy_to_tell_are_held_longer() -> None:
    quiet, loud = Target(20, rps=20), Target(20, rps=0.1)
    lengths = [max(step.hold_s for step in climbed(target).steps.items) for target in (quiet, loud)]
    assert lengths[0] < lengths[1] <= FAST.max_hold_s


def test_users_that_never_came_prove_nothing() -> None:
    """Of more than 10 users only 10 ever run, and the target is fine: the search must not climb for ever."""
    target = Target(1000)
    climb = SearchController(SearchRecord(1, 1000, 600), FAST, judge.step_judge(None, demanding(SLOW)))
    for second in range(600):
        if climb.wanted is None:
            break
        target.second(second, min(10, climb.wanted))
        climb.update(second + 1.01, min(10, climb.wanted), second + 1.01, target.window)
    assert climb.done
    assert max(held(climb)) == 16
    assert held(climb)[-1] == 10


def test_a_target_that_answers_nothing_is_no_success() -> None:
    climb = SearchController(SearchRecord(1, 1000, 600), FAST, judge.step_judge(None, demanding(SLOW)))
    for second in range(600):
        if climb.wanted is None:
            break
        climb.update(second + 1.01, climb.wanted, second + 1.01, lambda *_: {})
    assert climb.done
    assert set(held(climb)) == {1}


def test_it_says_what_goes_on() -> None:
    target, said = Target(3, 2), []
    climb = SearchController(SearchRecord(2, 100, 600), FAST, judge.step_judge(None, demanding(SLOW)))
    for second in range(40):
        said.append((climb.number, climb.name))
        target.second(second, climb.wanted or 0)
        climb.update(second + 1.01, climb.wanted or 0, second + 1.01, target.window)
    assert {(1, "settle at 2 users"), (1, "hold at 2 users"), (2, "hold at 4 users")} <= set(said)
    assert (3, "recovering at 2 users") in said


@pytest.mark.parametrize(
    ("scale", "expected"), [(1.0, SearchPace()), (0.1, SearchPace(2, 4, 12, 8)), (2.0, SearchPace(10, 20, 120, 60))]
)
def test_the_pace_follows_the_time_scale_down_to_some_seconds(scale: float, expected: SearchPace) -> None:
    assert SearchPace().scaled(scale) == expected


def test_a_late_request_has_time_to_be_seen() -> None:
    """At a target of 3 s nothing that misses it has ended after 2 s."""
    assert SearchPace(2, 4, 12, 8).for_latency(3) == SearchPace(4, 6, 12, 8)
    assert SearchPace().for_latency(0.24) == SearchPace()


def test_steps_are_written_and_read_again() -> None:
    steps = SearchRecord(1, 50, 60.0, (SearchStep(1, 0, 2000, 6000), SearchStep(2, 6010, 9000, 13000)))
    assert SearchRecord.from_data(steps.to_data()) == steps
