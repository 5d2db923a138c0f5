"""Change points of a series of runs."""

from __future__ import annotations

import random

import pytest

from slo.baseline.changepoint import changes


def series(levels: list[tuple[float, int]], noise: float, seed: int = 1) -> list[float]:
    source = random.Random(seed)
    return [level * source.lognormvariate(0, noise) for level, count in levels for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_is_found_where_it_is(seed: int) -> None:
    assert changes(series([(100, 10), (140, 10)], 0.03, seed)) == [10]
    assert changes(series([(100, 8), (70, 8), (100, 8)], 0.02, seed)) == [8, 16]


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_one_slow_run_are_no_shift(seed: int) -> None:
    assert changes(series([(100, 30)], 0.05, seed)) == []
    values = series([(100, 20)], 0.02, seed)
    values[9] *= 3
    assert changes(values) == []


def test_few_runs_have_no_change_point() -> None:
    assert changes([100, 100, 200, 200, 200]) == []
    assert changes([]) == []


def test_shares_are_compared_as_differences() -> None:
    assert changes([0.0] * 6 + [0.05] * 6, relative=False) == [6]
