"""Comparing a run with reference runs: how much an indicator changed, and whether that is more than noise. Pure.

Each reference gives one value of the indicator. Two sources of noise are estimated:

- between runs: the variance of the references' values (two or more references);
- within the runs: a block bootstrap. Requests next to each other are not independent, so stretches of time are drawn
  again, not requests, and within each stage, for a stage's load is planned, not chance (the circular block bootstrap of
  Politis and Romano 1992; Lahiri, Resampling Methods for Dependent Data, 2003, chapter 2). The throughput of a ramp
  climbs by plan, too: its noise is taken from second differences.

A few references alone know the noise badly, so the two are weighed: the noise within the runs counts like ``PRIOR``
degrees of freedom beside the n - 1 of the references (the moderated t of Smyth 2004, Linear models and empirical Bayes
methods, Statistical Applications in Genetics and Molecular Biology 3:3). It counts little: on shared machines runs
differ far more than any of them varies, which the noise within says nothing of. And runs differ by more than that noise
in any case (``MIN_VARIANCE``): references that happen to be alike do not show the contrary. The change from the
references' mean to the run has the standard error noise * sqrt(1 + 1/n), and its 95 % interval takes Student's t with
PRIOR + n - 1 degrees of freedom. ``python -m benchmarks.regression_power`` shows what that comes to: with a noise
between runs of 2 to 12 %, and 3 references or more, at most 5 % of unchanged runs are called regressions.

Fewer than ``ENOUGH_REFERENCES`` lead to a warning at most; the noise within the runs then counts more.

Latencies and throughput are compared as ratios, on a logarithmic scale; shares (errors, checks) as differences in
percentage points, for a baseline without an error has no ratio.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slo.baseline.blocks import Block
from slo.baseline.compared_indicator import MIN_BLOCKS, ComparedIndicator
from slo.baseline.student import quantile
from slo.metrics.tally import Tally

PRIOR = 1
"""Degrees of freedom that the noise within the runs counts for ..."""
PRIOR_OF_FEW = 4
"""... and with fewer than ``ENOUGH_REFERENCES``."""
MIN_VARIANCE = 1.5
"""The least variance between runs, as a multiple of the variance within them."""
ENOUGH_REFERENCES = 3
"""Fewer references hardly know the noise between runs."""
POWER = 0.8
"""The smallest change that could have been seen is one that is found with this probability."""


@dataclass(frozen=True)
class Change:
    """The change of an indicator from the references to the run, positive where it got worse.

    ``worse``, ``low``, ``high`` (95 % interval) and ``visible`` (the smallest change that could have been seen) are
    ratios: 0.05 is 5 % of the reference's value, or 5 percentage points of an indicator that is a share itself.
    """

    before: float
    after: float
    worse: float
    low: float
    high: float
    detectable: float
    references: int
    noise: str

    @property
    def is_real(self) -> bool:
        """Whether the change is more than noise."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class NotComparable:
    """Why there is no comparison: because of the run itself, or of the references."""

    reason: str
    of_run: bool = False


@dataclass(frozen=True)
class Measured:
    """An indicator's value of one run, and its noise within the run; None without a value."""

    value: float | None
    noise: float | None


def compare(
    run: Sequence[Block], references: Sequence[Sequence[Block]], compared: ComparedIndicator
) -> Change | NotComparable:
    """Return the change from the references to the run, or why there is no comparison."""
    return compare_measured(
        measure(run, compared), [measure(reference, compared) for reference in references], compared
    )


def measure(blocks: Sequence[Block], compared: ComparedIndicator) -> Measured:
    """Return the indicator's value of one run and the noise within it."""
    tally = Tally.merged(_counts(blocks, compared))
    value = compared.value(tally, sum(block.seconds for block in blocks)) if tally.requests else None
    return Measured(value, within_run(blocks, compared))


def compare_measured(
    run: Measured, references: Sequence[Measured], compared: ComparedIndicator
) -> Change | NotComparable:
    """Return the change from measured runs to another, or why there is no comparison."""
    after, before = run.value, [one.value for one in references if one.value is not None]
    if after is None:
        return NotComparable("the run has no value to compare", of_run=True)
    if not before:
        return NotComparable("the baseline has no value to compare with")
    scale: Callable[[float], float] = math.log if compared.relative else float
    if compared.relative and min(after, *before) <= 0:
        return NotComparable("a value of 0 cannot be compared as a ratio", of_run=after <= 0)
    known = [one.noise for one in (run, *references) if one.noise is not None]
    return _change(compared, after, before, scale, known)


def _change(
    compared: ComparedIndicator, after: float, before: list[float], scale: Callable[[float], float], within: list[float]
) -> Change | NotComparable:
    count = len(before)
    between = statistics.variance([scale(value) for value in before]) if count > 1 else 0.0
    inside = statistics.fmean(noise**2 for noise in within) if within else 0.0
    prior = (PRIOR if count >= ENOUGH_REFERENCES else PRIOR_OF_FEW) if within else 0
    freedom = prior + count - 1
    if freedom < ENOUGH_REFERENCES - 1:
        return NotComparable(
            f"runs this short, and fewer than {ENOUGH_REFERENCES} references, say nothing of the noise: add references"
        )
    weighed = (prior * inside + (count - 1) * between) / freedom
    noise = math.sqrt(max(weighed, MIN_VARIANCE * inside))
    error = noise * math.sqrt(1 + 1 / count)
    middle = statistics.fmean(scale(value) for value in before)
    sign = 1 if compared.indicator.direction == "lower" else -1
    shift = sign * (scale(after) - middle)
    reach = quantile(0.975, freedom) * error
    visible = reach + quantile(POWER, freedom) * error
    if compared.relative:
        # A share of the reference's value, whichever way is worse: half the throughput is 50 % worse, not 100 %.
        worse, low, high, visible = (
            sign * math.expm1(sign * x) for x in (shift, shift - reach, shift + reach, visible)
        )
        reference = math.exp(middle)
    else:
        worse, low, high, reference = shift, shift - reach, shift + reach, middle
    said = (
        "within the run, since one reference does not show the noise between runs"
        if count == 1
        else "between and within runs"
    )
    return Change(reference, after, worse, low, high, visible, count, said)


def _counts(blocks: Sequence[Block], compared: ComparedIndicator) -> list[Tally]:
    return [
        Tally.merged(tally for name, tally in sorted(block.cells.items()) if compared.endpoint(name))
        for block in blocks
    ]


def within_run(blocks: Sequence[Block], compared: ComparedIndicator) -> float | None:
    """Return the standard deviation, on the scale of comparison, of the value due to chance within the run.

    None with too few blocks.
    """
    tallies = _counts(blocks, compared)
    if compared.indicator.kind == "throughput":
        return _varies_in_number(blocks, [tally.requests for tally in tallies])
    # NumPy takes 0.15 s and 30 MB to import: a process that offers load does not import it before the end.
    from slo.baseline.bootstrap import standard_error

    return standard_error([block.stage for block in blocks], tallies, compared)


def _varies_in_number(blocks: Sequence[Block], requests: Sequence[int]) -> float | None:
    """Return the noise of the throughput, from second differences within a stage: they are free of its ramp.

    The variance of independent values is a sixth of the mean square of their second differences (von Neumann 1941).
    """
    rates = [count / block.seconds if block.seconds else 0.0 for block, count in zip(blocks, requests, strict=True)]
    squares = [
        (rates[place] - 2 * rates[place + 1] + rates[place + 2]) ** 2
        for place in range(len(rates) - 2)
        if blocks[place].stage == blocks[place + 1].stage == blocks[place + 2].stage
    ]
    mean = statistics.fmean(rates)
    if len(squares) < MIN_BLOCKS - 2 or not mean:
        return None
    return math.sqrt(statistics.fmean(squares) / 6 / len(rates)) / mean
