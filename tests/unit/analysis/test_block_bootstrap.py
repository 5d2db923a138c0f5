"""Resamples of correlated points."""

from __future__ import annotations

from itertools import pairwise

import pytest

from slo.analysis.block_bootstrap import BLOCK, RESAMPLES, bounds, draws


@pytest.mark.parametrize("count", [1, 2, 3, 10, 100])
def test_resamples_are_as_long_as_the_points_and_the_same_each_time(count: int) -> None:
    found = draws(count, 1)
    assert len(found) == RESAMPLES
    assert {len(one) for one in found} == {count}
    assert [one.tolist() for one in draws(count, 1)] == [one.tolist() for one in found]
    assert all(0 <= index < count for one in found for index in one)


def test_neighbours_are_drawn_together() -> None:
    drawn = draws(30, 1)[0].tolist()
    assert [(later - one) % 30 for one, later in pairwise(drawn)][: BLOCK - 1] == [1] * (BLOCK - 1)


def test_bounds_hold_95_percent() -> None:
    assert bounds([float(number) for number in range(200)]) == (5.0, 194.0)
