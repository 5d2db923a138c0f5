"""Comparing runs: what is a change, what is noise, and what could not have been seen."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.baseline import student
from slo.baseline.blocks import Block
from slo.baseline.changepoint import changes
from slo.baseline.compare import Change, Measured, NotComparable, compare, compare_measured, within_run
from slo.baseline.compared_indicator import ComparedIndicator
from slo.metrics.indicator import parse
from slo.metrics.tally import Tally
from slo.verdict.saved_runs import compared_indicator

P95 = compared_indicator(parse("latency.p95"))
ERRORS = compared_indicator(parse("errors.ratio"))
THROUGHPUT = compared_indicator(parse("throughput.rps"))


@cache
def run_of(seed: int, factor: float = 1.0, blocks: int = 40, errors: int = 0, requests: int = 60) -> list[Block]:
    """Return a run whose latency wanders: blocks next to each other are alike."""
    chance = random.Random(seed)
    found, level = [], 0.0
    for _ in range(blocks):
        level = 0.8 * level + chance.gauss(0, 0.05)
        tally = Tally()
        for number in range(requests):
            if number < errors:
                tally.failed.record(1000)
                tally.fail("HTTP 500")
            else:
                tally.ok.record(int(100_000 * factor * 2.718 ** (level + chance.gauss(0, 0.4))))
        found.append(Block(1.0, "hold", {"home": tally}))
    return found


def changed(run: list[Block], references: list[list[Block]], question: ComparedIndicator = P95) -> Change:
    change = compare(run, references, question)
    assert isinstance(change, Change), change
    return change


@pytest.mark.slow
def test_a_run_is_no_change_from_runs_like_it() -> None:
    called = [changed(run_of(seed), [run_of(1000 + 10 * seed + n) for n in range(5)]).is_real for seed in range(12)]
    assert sum(called) <= 3  # two-sided 5 % of 12 is 0.6; four and more have a probability of 0.2 %


def test_a_shift_is_found_with_its_size() -> None:
    change = changed(run_of(1, factor=1.3), [run_of(seed) for seed in range(2, 7)])
    assert change.is_real
    assert change.low < 0.3 < change.high
    assert change.worse == pytest.approx(0.3, abs=0.12)
    better = changed(run_of(1, factor=0.7), [run_of(seed) for seed in range(2, 7)])
    assert better.is_real
    assert better.worse < 0


def test_the_direction_is_the_indicators() -> None:
    slow, usual = run_of(1, requests=40), [run_of(seed) for seed in range(2, 7)]
    assert changed(slow, usual, THROUGHPUT).worse == pytest.approx(1 - 40 / 60)


def test_shares_are_compared_in_points_and_no_error_is_not_impossible() -> None:
    clean = [run_of(seed) for seed in range(2, 7)]
    same = changed(run_of(1), clean, ERRORS)
    assert (same.worse, same.is_real) == (0, False)
    assert same.detectable > 0
    bad = changed(run_of(1, errors=6), clean, ERRORS)
    assert bad.worse == pytest.approx(0.1)
    assert bad.is_real


def test_noise_between_runs_counts_though_each_run_is_calm() -> None:
    apart = [run_of(seed, factor=factor) for seed, factor in enumerate((0.8, 0.9, 1.0, 1.1, 1.25))]
    together = [run_of(seed) for seed in range(5)]
    new = run_of(9, factor=1.15)
    assert not changed(new, apart).is_real
    assert changed(new, apart).detectable > 2 * changed(new, together).detectable


@pytest.mark.slow
def test_longer_runs_and_more_references_see_smaller_changes() -> None:
    def visible(references: int, requests: int) -> float:
        trials = [
            changed(
                run_of(seed, requests=requests), [run_of(seed + n, requests=requests) for n in range(1, 1 + references)]
            )
            for seed in range(0, 50, 10)
        ]
        return sum(trial.detectable for trial in trials)

    assert visible(8, 60) < visible(2, 60)
    assert visible(4, 60) < visible(4, 6)


def test_neighbours_alike_make_more_noise_than_the_same_requests_shuffled() -> None:
    run = run_of(3, requests=200)
    pooled = [index for block in run for index, count in block.cells["home"].ok.counts.items() for _ in range(count)]
    random.Random(1).shuffle(pooled)
    shuffled = []
    for start in range(0, len(pooled), 200):
        tally = Tally()
        for index in pooled[start : start + 200]:
            tally.ok.counts[index] = tally.ok.counts.get(index, 0) + 1
            tally.ok.total += 1
        tally.ok.max_us, tally.ok.min_us = 10**9, 1
        shuffled.append(Block(1.0, "hold", {"home": tally}))
    wandering, independent = within_run(run, P95), within_run(shuffled, P95)
    assert wandering is not None
    assert independent is not None
    assert wandering > 1.3 * independent


def test_what_cannot_be_compared_says_why() -> None:
    short = run_of(1, blocks=3)
    for references in ([short], [short, short]):
        untold = compare(short, references, P95)
        assert isinstance(untold, NotComparable)
        assert untold.reason == "runs this short, and fewer than 3 references, say nothing of the noise: add references"
        assert not untold.of_run
    assert compare([], [run_of(1)], P95) == NotComparable("the run has no value to compare", of_run=True)
    assert compare(run_of(1), [[]], P95) == NotComparable("the baseline has no value to compare with")


def test_the_same_runs_give_the_same_comparison() -> None:
    runs = [run_of(seed) for seed in range(4)]
    assert compare(runs[0], runs[1:], P95) == compare(runs[0], runs[1:], P95)


@pytest.mark.parametrize(
    ("share", "freedom", "expected"),  # tables of Student's t
    [(0.975, 1, 12.706), (0.975, 4, 2.776), (0.975, 8, 2.306), (0.975, 30, 2.042), (0.95, 5, 2.015), (0.8, 4, 0.941)],
)
def test_students_quantiles_are_those_of_the_tables(share: float, freedom: int, expected: float) -> None:
    assert student.quantile(share, freedom) == pytest.approx(expected, abs=0.001)


@given(st.floats(0.501, 0.999), st.integers(1, 60))
def test_students_quantile_and_probability_are_inverse(share: float, freedom: int) -> None:
    assert student.probability(student.quantile(share, freedom), freedom) == pytest.approx(share, abs=1e-9)


def test_a_level_that_shifts_is_a_change_point_and_one_slow_run_is_none() -> None:
    chance = random.Random(4)
    noise = [chance.lognormvariate(0, 0.03) for _ in range(24)]
    assert changes(noise) == []
    assert changes([value * (1.2 if place >= 14 else 1) for place, value in enumerate(noise)]) == [14]
    assert changes([value * (1.5 if place == 12 else 1) for place, value in enumerate(noise)]) == []
    twice = [value * (1.3 if 8 <= place < 16 else 1) for place, value in enumerate(noise)]
    assert changes(twice) == [8, 16]
    assert changes([1.0] * 30) == changes([1.0, 2.0]) == []


def test_an_indicator_of_one_endpoint_is_compared_alone() -> None:
    def both(seed: int, factor: float) -> list[Block]:
        fast, slow = run_of(seed), run_of(seed + 100, factor)
        return [
            Block(1.0, "hold", {"fast": a.cells["home"], "slow": b.cells["home"]})
            for a, b in zip(fast, slow, strict=True)
        ]

    references = [both(seed, 5) for seed in range(5)]
    alone = ComparedIndicator(
        P95.indicator, lambda tally, _: tally.latency.percentile(Fraction(95)) / 1000, "fast".__eq__
    )
    assert changed(both(9, 10), references).is_real
    assert not changed(both(9, 10), references, alone).is_real


@pytest.mark.parametrize("references", [3, 5])
@pytest.mark.parametrize("noise", [0.02, 0.05, 0.08, 0.12])
def test_unchanged_runs_are_seldom_called_regressions_however_far_runs_differ(noise: float, references: int) -> None:
    chance, within, false, trials = random.Random(3), 0.03, 0, 1000
    spread = (noise**2 + within**2) ** 0.5
    for _ in range(trials):
        run, *others = (Measured(100 * 2.718281828 ** chance.gauss(0, spread), within) for _ in range(references + 1))
        change = compare_measured(run, others, P95)
        assert isinstance(change, Change)
        false += change.low > 0 and change.worse >= 0.10
    assert false / trials <= 0.05 + 0.01  # 5 %, and what chance makes of it in so many trials


def test_references_that_are_alike_by_chance_do_not_show_that_runs_are() -> None:
    alike = [Measured(100.0, 0.03)] * 5
    change = compare_measured(Measured(106.0, 0.03), alike, P95)
    assert isinstance(change, Change)
    assert not change.is_real
    # Of fewer references the noise within the runs is nearly all that is known.
    one = compare_measured(Measured(120.0, 0.03), alike[:1], P95)
    assert isinstance(one, Change)
    assert one.is_real
