"""Indicators by name, and how statistics of latency are computed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.histogram import Histogram
from slo.metrics.indicator import ALLOWED, LATENCY_STATISTICS, IndicatorError, parse

PAGE = (Path(__file__).parents[3] / "docs" / "objectives.md").read_text(encoding="utf-8")
LATENCIES = st.lists(st.integers(1, 10**9), min_size=1, max_size=50)


def recorded(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


@pytest.mark.parametrize("name", ALLOWED.split(", ")[1:])
def test_every_allowed_indicator_has_its_name_and_is_documented(name: str) -> None:
    assert parse(name).name == name
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("written", "name"), [("latency.p95", "latency.p95"), ("latency.p099.90", "latency.p99.9")])
def test_percentiles_have_one_spelling(written: str, name: str) -> None:
    assert parse(written).name == name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("p95", "did you mean `latency.p95`?"),
        ("rps", "did you mean `throughput.rps`?"),
        ("latency.men", "did you mean `latency.mean`?"),
        ("latency.p100", "write `latency.max`"),
        ("latency.p0", "no percentile"),
        ("zzz", f"Allowed: {ALLOWED}"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(name: str, sentence: str) -> None:
    with pytest.raises(IndicatorError, match="`"):
        parse(name)
    with pytest.raises(IndicatorError) as caught:
        parse(name)
    assert sentence in str(caught.value)


@given(LATENCIES)
def test_mean_and_maximum_are_exact(values: list[int]) -> None:
    histogram = recorded(values)
    assert parse("latency.mean").latency_us(histogram) == Fraction(sum(values), len(values))
    assert parse("latency.max").latency_us(histogram) == max(values)


@given(LATENCIES, st.sampled_from(["latency.p50", "latency.p95", "latency.p99.9"]))
def test_a_percentile_is_between_minimum_and_maximum(values: list[int], name: str) -> None:
    assert min(values) <= parse(name).latency_us(recorded(values)) <= max(values)


@pytest.mark.parametrize("statistic", sorted(LATENCY_STATISTICS))
def test_a_statistic_does_not_depend_on_how_counts_were_merged(statistic: str) -> None:
    first, second = recorded([5, 900, 12_345]), recorded([1, 70_000])
    whole = LATENCY_STATISTICS[statistic](Histogram.merged((first, second)))
    assert whole == LATENCY_STATISTICS[statistic](recorded([5, 900, 12_345, 1, 70_000]))
