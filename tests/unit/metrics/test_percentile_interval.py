"""The interval of a percentile really holds it in 95 of 100 samples, and says when it can't."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.histogram import Histogram
from slo.metrics.percentile_interval import binomial_at_most, enclosing_ranks, of_percentile

P99 = Fraction(99)


def test_p99_needs_299_samples() -> None:
    assert enclosing_ranks(298, P99)[1] is None
    assert enclosing_ranks(299, P99)[1] == 299


def test_the_median_needs_six_samples() -> None:
    assert None in enclosing_ranks(5, Fraction(50))
    assert enclosing_ranks(6, Fraction(50)) == (1, 6)


def test_no_samples_have_no_interval() -> None:
    assert enclosing_ranks(0, P99) == (None, None)


def cumulative(most: int, total: int, share: Fraction) -> float:
    terms = (math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(most + 1))
    return float(sum(terms, Fraction(0)))


@given(st.integers(1, 60), st.integers(0, 60), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_the_binomial_is_the_exact_one(total: int, most: int, share: Fraction) -> None:
    truth = cumulative(min(most, total), total, share)
    assert binomial_at_most(most, total, float(share)) == pytest.approx(truth, abs=1e-9)


@given(st.integers(1, 400), st.sampled_from([Fraction(50), Fraction(95), P99, Fraction(10)]))
def test_the_ranks_miss_with_at_most_five_percent(total: int, percent: Fraction) -> None:
    low, high = enclosing_ranks(total, percent)
    if low is None or high is None:
        return
    below = cumulative(low - 1, total, percent / 100)
    above = 1 - cumulative(high - 1, total, percent / 100)
    assert below + above <= 0.05 + 1e-9


def test_the_interval_covers_the_true_percentile_as_often_as_it_says() -> None:
    source, held = random.Random(3), 0
    true_p95 = math.exp(10 + 0.5 * 1.6448536269514722)
    for _ in range(400):
        histogram = Histogram()
        for _ in range(500):
            histogram.record(round(source.lognormvariate(10, 0.5)))
        bounds = of_percentile(histogram, Fraction(95))
        assert bounds.low_us is not None
        assert bounds.high_us is not None
        held += bounds.low_us <= true_p95 <= bounds.high_us
    # 380 of 400 expected; fewer than 366 has a probability under 1 in 1000 at a true 95 %.
    assert held >= 366
