"""How much an indicator varies within a run: the circular block bootstrap that ``slo.baseline.compare`` explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slo.baseline.compared_indicator import MIN_BLOCKS, ComparedIndicator
from slo.metrics.histogram import bucket_bounds, rank_of
from slo.metrics.tally import Tally

RESAMPLES = 300
"""Bootstrap samples of one run: their standard deviation is known to 4 %."""
SEED = 20260101
"""A fixed seed: the same runs give the same comparison, byte for byte."""
BLOCK_LENGTH = 4
"""Blocks drawn together: n ** (1/3) of 40 blocks, so that what lasts for some seconds stays together."""

Floats = NDArray[np.float64]


def standard_error(stages: Sequence[str], tallies: Sequence[Tally], compared: ComparedIndicator) -> float | None:
    """Return the standard deviation, on the scale of comparison, of the indicator over resampled blocks.

    None where too few blocks have a sample.
    """
    used = [number for number, tally in enumerate(tallies) if _weight(compared, tally)]
    if len(used) < MIN_BLOCKS:
        return None
    weights = _draw_weights([stages[number] for number in used])
    chosen = _Resampled([tallies[number] for number in used], compared)
    values = chosen.values(weights)
    values = values[np.isfinite(values)]
    if compared.relative:
        values = np.log(values[values > 0])
    # So few blocks cover too little of the run's own variation: Lahiri's correction to first order.
    short = len(used) / (len(used) - BLOCK_LENGTH)
    found = float(np.std(values, ddof=1)) * math.sqrt(short) if len(values) > 1 else 0.0
    return max(found, chosen.floor)


def _weight(compared: ComparedIndicator, tally: Tally) -> int:
    """Return how many samples the indicator is made of: checks, latencies or requests."""
    if compared.indicator.kind == "checks":
        return sum(passed + failed for passed, failed in tally.checks.values())
    return tally.latency_of(compared.of).total if compared.indicator.kind == "latency" else tally.requests


def _draw_weights(stages: Sequence[str]) -> Floats:
    """Return how often each block is drawn, by resample: in stretches, each stage's blocks among themselves."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    weights = np.zeros((RESAMPLES, len(stages)))
    groups: dict[str, list[int]] = {}
    for number, stage in enumerate(stages):
        groups.setdefault(stage, []).append(number)
    lonely = [number for members in groups.values() if len(members) < BLOCK_LENGTH for number in members]
    parts = [members for members in groups.values() if len(members) >= BLOCK_LENGTH]
    for members in [*parts, lonely] if lonely else parts:
        count = len(members)
        stretch = min(BLOCK_LENGTH, max(1, count // 3))
        starts = generator.integers(0, count, (RESAMPLES, -(-count // stretch)))
        drawn = ((starts[:, :, None] + np.arange(stretch)) % count).reshape(RESAMPLES, -1)[:, :count]
        for place, member in enumerate(members):
            weights[:, member] = (drawn == place).sum(axis=1)
    return weights


@dataclass(frozen=True)
class _Resampled:
    """The counts of one run's blocks as arrays, and the indicator's value of any choice of them."""

    tallies: Sequence[Tally]
    compared: ComparedIndicator

    def values(self, weights: Floats) -> Floats:
        """Return the indicator's value of each row of ``weights``, which say how often a block is taken."""
        indicator = self.compared.indicator
        if indicator.kind == "latency" and indicator.statistic == "mean":
            return self._ratio(weights, self._sums, self._totals)
        if indicator.kind == "latency" and (indicator.percentile is not None or indicator.statistic == "max"):
            return self._percentiles(weights)
        if indicator.kind == "latency":
            raise NotImplementedError(f"{indicator.name} cannot be resampled yet")
        shares = [self.compared.value(tally, 1.0) for tally in self.tallies]
        known = np.array([0.0 if share is None else share for share in shares])
        return self._ratio(weights, known * self._weights, self._weights)

    @property
    def floor(self) -> float:
        """Return the least noise of a share: one that has never been seen is not impossible (Laplace's rule)."""
        if self.compared.relative:
            return 0.0
        total = float(self._weights.sum())
        value = self.compared.value(Tally.merged(self.tallies), 1.0) or 0.0
        share = (value * total + 1) / (total + 2)
        return math.sqrt(share * (1 - share) / total)

    @cached_property
    def _weights(self) -> Floats:
        return np.array([float(_weight(self.compared, tally)) for tally in self.tallies])

    @cached_property
    def _totals(self) -> Floats:
        return np.array([float(tally.latency_of(self.compared.of).total) for tally in self.tallies])

    @cached_property
    def _sums(self) -> Floats:
        return np.array([float(tally.latency_of(self.compared.of).sum_us) for tally in self.tallies])

    def _ratio(self, weights: Floats, above: Floats, below: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Floats = (weights @ above) / (weights @ below)
        return ratio

    def _percentiles(self, weights: Floats) -> Floats:
        histograms = [tally.latency_of(self.compared.of) for tally in self.tallies]
        buckets = sorted({index for histogram in histograms for index in histogram.counts})
        place = {index: number for number, index in enumerate(buckets)}
        counts = np.zeros((len(histograms), len(buckets)))
        for row, histogram in enumerate(histograms):
            for index, count in histogram.counts.items():
                counts[row, place[index]] = count
        sums = np.cumsum(weights @ counts, axis=1)
        percent = self.compared.indicator.percentile
        ranks = [rank_of(int(total), percent if percent is not None else 100.0) for total in sums[:, -1]]
        bounds = np.array([bucket_bounds(index)[1] for index in buckets], dtype=float)
        found = (sums < np.array(ranks)[:, None] - 0.5).sum(axis=1)
        values: Floats = bounds[np.minimum(found, len(bounds) - 1)]
        return values
