"""How much an indicator varies within a run."""

from __future__ import annotations

import math
import random

import pytest

from slo.baseline.bootstrap import standard_error
from slo.baseline.compared_indicator import MIN_BLOCKS
from slo.metrics.indicator import parse
from slo.metrics.tally import Tally
from slo.verdict.saved_runs import compared_indicator

MEAN = compared_indicator(parse("latency.mean"))
ERRORS = compared_indicator(parse("errors.ratio"))


def blocks(count: int, per_block: int, spread: float, seed: int = 1) -> list[Tally]:
    chance, found = random.Random(seed), []
    for _ in range(count):
        tally = Tally()
        for _ in range(per_block):
            tally.ok.record(round(100_000 * chance.lognormvariate(0, spread)))
        found.append(tally)
    return found


def test_the_error_of_a_mean_is_that_of_statistics() -> None:
    found = standard_error(["run"] * 40, blocks(40, 50, 0.4), MEAN)
    assert found == pytest.approx(math.sqrt(math.exp(0.16) - 1) / math.sqrt(2000), rel=0.4)


def test_the_same_blocks_give_the_same_error() -> None:
    one = blocks(20, 10, 0.4)
    assert standard_error(["run"] * 20, one, MEAN) == standard_error(["run"] * 20, one, MEAN)


def test_more_requests_make_it_smaller() -> None:
    few, many = (standard_error(["run"] * 40, blocks(40, size, 0.4), MEAN) for size in (5, 200))
    assert few is not None
    assert many is not None
    assert many < few / 3


def test_too_few_blocks_say_nothing() -> None:
    count = MIN_BLOCKS - 1
    assert standard_error(["run"] * count, blocks(count, 5, 0.4), MEAN) is None
    assert standard_error(["run"] * 20, [Tally() for _ in range(20)], MEAN) is None


def test_what_was_never_seen_is_not_impossible() -> None:
    found = standard_error(["run"] * 20, blocks(20, 5, 0.4), ERRORS)
    assert found is not None
    assert found > 0
