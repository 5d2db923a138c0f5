"""Drift under a constant load: latency, errors, throughput, the target's memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from slo.analysis.finding import Figure, Finding, rounded
from slo.analysis.timeline import Point
from slo.metrics.quantity import Unit, show
from slo.record.run import Run
from slo.record.samples import Scrape

if TYPE_CHECKING:
    from slo.analysis.mann_kendall import Trend

NAME = "drift"
WARM_UP = 0.15
"""Share of the constant load at its begin that is left out: caches and pools fill."""
INDICATORS: Mapping[str, str] = {"latency.p95": "drift.latency.p95", "memory": "drift.memory"}
"""Names of series that objectives can bound."""
GAUGES: Mapping[str, str] = {"process_resident_memory_bytes": "memory", "process_open_fds": "open files"}


@dataclass(frozen=True)
class Series:
    """Samples of (seconds, value) of one quantity; ``min_change`` is the smallest relative change that is reported.

    The change of ``points`` is their difference: a share of errors has no level to be relative to.
    """

    name: str
    samples: tuple[tuple[float, float], ...]
    min_change: float = 0.05
    points: bool = False


def find(
    points: Sequence[Point], scrapes: Sequence[Scrape], hold: tuple[float, float], run: Run, limit_ms: float | None
) -> Finding:
    """Return the finding on the constant load of ``hold`` (seconds); ``limit_ms`` is the p95's target, if any."""
    start_s, end_s = hold[0] + WARM_UP * (hold[1] - hold[0]), hold[1]
    steady = [point for point in points if start_s <= point.start_s and point.end_s <= end_s + 0.5]
    inside = [scrape for scrape in scrapes if start_s <= scrape.at_ms / 1000 <= end_s]
    from slo.analysis.mann_kendall import MIN_SAMPLES, trend  # NumPy: see slo.baseline.compare

    found = [(series, trend(series.samples)) for series in _series(steady, inside)]
    known = [(series, one) for series, one in found if one is not None and (one.level > 0 or series.points)]
    if not known:
        constant_s = max(0.0, end_s - start_s)
        few = f"the load was constant for {constant_s:.0f} s, too short: a trend needs {MIN_SAMPLES} samples"
        return Finding(NAME, f"no answer: {few}; run the soak scenario in its own time", False)
    moved = [_sentence_on_change(series, one, limit_ms) for series, one in known if _is_material(series, one)]
    span = f"in {end_s - start_s:.0f} s of constant load, without warm-up"
    answer = f"{'; '.join(moved)} ({span})" if moved else f"nothing drifts {span}{_undetectable(known)}"
    details = [_line(series, one) for series, one in known]
    untold = [series.name for series, one in found if one is None]
    if untold:
        details.append(f"No answer, for fewer than {MIN_SAMPLES} samples: {', '.join(untold)}.")
    details += _breaker(inside)
    details.append(_method(run))
    return Finding(NAME, answer, True, tuple(_figures(known)), tuple(details))


def _series(points: Sequence[Point], scrapes: Sequence[Scrape]) -> Iterator[Series]:
    def over(of: Mapping[float, float | None]) -> tuple[tuple[float, float], ...]:
        return tuple((at_s, value) for at_s, value in of.items() if value is not None)

    yield Series("latency.p50", over({point.end_s: point.p50_ms for point in points}))
    yield Series("latency.p95", over({point.end_s: point.p95_ms for point in points}))
    yield Series(
        "errors.ratio",
        over({point.end_s: point.failed_ratio for point in points if point.requests}),
        0.005,
        points=True,
    )
    yield Series("throughput.rps", over({point.end_s: point.rps for point in points}))
    for gauge, name in GAUGES.items():
        samples = over({scrape.at_ms / 1000: scrape.values.get(gauge) for scrape in scrapes})
        yield Series(name, samples, 0.02 if name == "memory" else 0.05)


def _is_material(series: Series, one: Trend) -> bool:
    """Whether there is a trend, and its change over the time seen is large enough to be reported."""
    return one.is_real and abs(one.slope) * one.seconds >= series.min_change * _reference_level(series, one)


def _reference_level(series: Series, one: Trend) -> float:
    return 1.0 if series.points else one.level


def _per_hour(series: Series, one: Trend, slope: float) -> float:
    """Return a slope as percent of the level, or in percentage points, per hour."""
    return slope * 3600 / _reference_level(series, one) * 100


def _figures(known: Sequence[tuple[Series, Trend]]) -> Iterator[Figure]:
    for series, one in known:
        if series.name in INDICATORS:
            value, low, high = (rounded(_per_hour(series, one, slope)) for slope in (one.slope, one.low, one.high))
            if not _is_material(series, one):  # a change of zero, or one too small to be reported, misses no objective
                low, high = min(low, Fraction(0)), max(high, Fraction(0))
            yield Figure(INDICATORS[series.name], value, "%/h", low, high, exact=_is_material(series, one))


def _undetectable(known: Sequence[tuple[Series, Trend]]) -> str:
    """Say how much the noise could hide of what objectives can bound."""
    parts = [
        f"{series.name} up to {_per_hour(series, one, one.high):.3g} %/h"
        for series, one in known
        if series.name in INDICATORS and one.high > 0
    ]
    return f"; noise could hide {' and '.join(parts)}" if parts else ""


def _level(series: Series, one: Trend) -> str:
    units: Mapping[str, Unit] = {"errors.ratio": "ratio", "throughput.rps": "rps", "open files": "count"}
    if series.name == "memory":
        return f"{one.level / 1e6:.3g} MB"
    return show(rounded(one.level), units.get(series.name, "ms"))


def _unit(series: Series) -> str:
    return "points/h" if series.points else "%/h"


def _line(series: Series, one: Trend) -> str:
    value, low, high = (_per_hour(series, one, slope) for slope in (one.slope, one.low, one.high))
    verdict = "a trend" if one.is_real else "no trend"
    small = ", too small in the time seen to matter" if one.is_real and not _is_material(series, one) else ""
    return (
        f"{series.name}: {value:+.3g} ({low:+.3g} to {high:+.3g}) {_unit(series)} of {_level(series, one)}, "
        f"{verdict}{small} (p {'<' if one.p < 0.001 else '='} {max(one.p, 0.001):.3g})."
    )


def _sentence_on_change(series: Series, one: Trend, limit_ms: float | None) -> str:
    grows = "grows" if one.slope > 0 else "falls"
    said = f"{series.name} {grows} by {abs(_per_hour(series, one, one.slope)):.3g} {_unit(series)}"
    if series.name == "latency.p95" and one.slope > 0 and limit_ms is not None and limit_ms > one.last:
        hours = (limit_ms - one.last) / (one.slope * 3600)
        said += f" and reaches its target of {show(rounded(limit_ms), 'ms')} in {hours:.3g} h"
    if series.name == "memory" and one.slope > 0:
        said += f" ({one.slope * 3600 / 1e6:.3g} MB/h; twice as much in {one.last / (one.slope * 3600):.3g} h)"
    return said


def _breaker(scrapes: Sequence[Scrape]) -> list[str]:
    said = []
    names = sorted({name for scrape in scrapes for name in scrape.values if "breaker" in name})
    for name in names:
        values = [scrape.values[name] for scrape in scrapes if name in scrape.values]
        changes = sum(later != before for before, later in pairwise(values))
        said.append(f"{name}: {changes} changes, {values[-1]:g} at the end, {max(values):g} at most.")
    return said


def _method(run: Run) -> str:
    said = (
        "Slopes after Theil and Sen with 95 % intervals; a trend where the test of Mann and Kendall, corrected for "
        "autocorrelation after Hamed and Rao (1998), gives p < 0.001."
    )
    if run.plan and not math.isclose(run.plan.time_scale, 1):
        said += f" The plan ran at {run.plan.time_scale:g} of its time: slopes are per hour of real time."
    return said
