"""A run over time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slo.analysis.timeline import (
    MIN_REQUESTS,
    LiveTimeline,
    Miss,
    Timeline,
    of_run,
    users_between,
    width_s,
)
from slo.load.plan import Plan
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies, TallyTable
from slo.record.samples import UserSample
from tests.support.simulated import closed, simulated


def table(requests: int) -> TallyTable:
    tally, found = Tally(), TallyTable()
    for _ in range(requests):
        tally.ok.record(10_000)
    found.add("home", "run", tally)
    return found


def nothing(*_: object) -> tuple[Miss, ...]:
    return ()


def test_a_window_grows_until_it_has_enough_requests() -> None:
    seen: list[tuple[int, float]] = []

    def misses(cells: Tallies, start_s: float, seconds: float) -> Sequence[Miss]:
        seen.append((sum(tally.requests for tally in cells.values()), seconds))
        return ()

    timeline = Timeline(misses)  # type: ignore[arg-type]
    for second in range(8):
        timeline.add(second, second + 1, 2, table(5))
    assert [point.judged for point in timeline.points] == [False] * 5 + [True] * 3
    assert seen == [(MIN_REQUESTS, 6.0)] * 3


def test_a_point_has_the_rates_of_its_own_time_and_of_its_window() -> None:
    timeline = Timeline(nothing)
    for second in range(3):
        timeline.add(second * 2, second * 2 + 2, 4, table(20 * (second + 1)))
    last = timeline.points[-1]
    assert (last.rps, last.window_rps, last.window_users, last.failed_ratio) == (30.0, 20.0, 4.0, 0.0)
    assert last.p95_ms == pytest.approx(10, rel=0.001)


@pytest.mark.parametrize(("total_s", "width"), [(10, 1), (240, 1), (1620, 7), (7200, 30)])
def test_a_run_has_about_240_points(total_s: float, width: int) -> None:
    assert width_s(total_s) == width


def test_a_live_timeline_has_the_points_of_the_saved_run() -> None:
    run = simulated(Plan.ramps(("up", 20, 10)), "stress", closed(5, 20))
    saved = of_run(run, nothing).points
    live = LiveTimeline(20, nothing)

    def counts(start_ms: int, end_ms: int) -> Tallies:
        found = TallyTable()
        for interval in run.intervals:
            if start_ms <= interval.start_ms < end_ms:
                for endpoint, tally in interval.tallies():
                    found.add(endpoint, interval.stage, tally)
        return found

    for until_s in (3, 3, 11, 20):
        live.update(until_s, counts, lambda start_s, end_s: users_between(run.plan, run.users, start_s, end_s))
    assert [(p.start_s, p.requests, p.users) for p in live.points] == [(p.start_s, p.requests, p.users) for p in saved]


def test_users_are_the_average_of_their_samples_else_the_last_else_the_plans() -> None:
    samples = [UserSample(1000, None, 2), UserSample(1500, None, 4)]
    plan = Plan.ramps(("up", 10, 10))
    assert users_between(plan, samples, 1, 2) == 3
    assert users_between(plan, samples, 5, 6) == 4
    assert users_between(plan, [], 4, 6) == 5
    assert users_between(None, [], 4, 6) == 0
