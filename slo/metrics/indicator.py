"""Indicators: the numbers that can be measured and judged, by name. ``latency.p95``, ``errors.ratio``, ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slo.metrics.histogram import Histogram
from slo.metrics.quantity import Unit
from slo.text import suggest

Kind = Literal[
    "latency",
    "errors",
    "unanswered",
    "throttled",
    "dropped",
    "throughput",
    "checks",
    "requests",
    "exceptions",
    "finding",
]
WHOLE_RUN: frozenset[Kind] = frozenset({"exceptions", "finding"})
"""Kinds that are of the whole run: no endpoint, stage or warm-up narrows them."""
Direction = Literal["lower", "higher"]

_PERCENTILE = re.compile(r"latency\.p([0-9]{1,3}(?:\.[0-9]{1,4})?)", re.ASCII)
_ALIASES: Mapping[str, str] = {
    "avg": "latency.mean",
    "average": "latency.mean",
    "mean": "latency.mean",
    "latency.avg": "latency.mean",
    "latency.average": "latency.mean",
    "latency.median": "latency.p50",
    "median": "latency.p50",
    "max": "latency.max",
    "latency.p100": "latency.max",
    "error_rate": "errors.ratio",
    "errors": "errors.ratio",
    "error_ratio": "errors.ratio",
    "http_req_failed": "errors.ratio",
    "rps": "throughput.rps",
    "throughput": "throughput.rps",
    "checks": "checks.ratio",
    "http_req_duration": "latency.p95",
    "latency": "latency.p95",
    "requests": "requests.count",
    "exceptions": "exceptions.count",
    "dropped": "dropped.ratio",
    "dropped_iterations": "dropped.ratio",
    "capacity": "capacity.users",
    "breaking_point": "capacity.users",
    "saturation": "saturation.rps",
    "recovery": "recovery.s",
    "recovery_time": "recovery.s",
    "drift": "drift.latency.p95",
    "drift.p95": "drift.latency.p95",
    "memory": "drift.memory",
}


LATENCY_STATISTICS: Mapping[str, Callable[[Histogram], Fraction]] = {
    "mean": Histogram.mean,
    "max": lambda histogram: Fraction(histogram.max_us),
}
"""Statistics of latency other than percentiles: how each is computed from a histogram, in microseconds."""


class IndicatorError(ValueError):
    """An unknown indicator; the message names the allowed ones."""


@dataclass(frozen=True)
class Indicator:
    """What is measured. ``percentile`` is in percent; ``best`` is the best value there can be, if any."""

    name: str
    kind: Kind
    statistic: str
    unit: Unit
    direction: Direction
    percentile: Fraction | None = None
    best: Fraction | None = None

    def latency_us(self, histogram: Histogram) -> Fraction:
        """Return this statistic of the latencies in ``histogram``, in microseconds; ValueError when it is empty."""
        if self.percentile is not None:
            return Fraction(histogram.percentile(self.percentile))
        return LATENCY_STATISTICS[self.statistic](histogram)


_FIXED: Mapping[str, Indicator] = {
    one.name: one
    for one in (
        Indicator("latency.mean", "latency", "mean", "ms", "lower"),
        Indicator("latency.max", "latency", "max", "ms", "lower"),
        Indicator("errors.ratio", "errors", "ratio", "ratio", "lower", best=Fraction(0)),
        Indicator("unanswered.ratio", "unanswered", "ratio", "ratio", "lower", best=Fraction(0)),
        Indicator("throttled.ratio", "throttled", "ratio", "ratio", "lower", best=Fraction(0)),
        Indicator("dropped.ratio", "dropped", "ratio", "ratio", "lower", best=Fraction(0)),
        Indicator("throughput.rps", "throughput", "rps", "rps", "higher"),
        Indicator("checks.ratio", "checks", "ratio", "ratio", "higher", best=Fraction(1)),
        Indicator("requests.count", "requests", "count", "count", "higher"),
        Indicator("exceptions.count", "exceptions", "count", "count", "lower", best=Fraction(0)),
        Indicator("exceptions.ratio", "exceptions", "ratio", "ratio", "lower", best=Fraction(0)),
        Indicator("capacity.users", "finding", "users", "users", "higher"),
        Indicator("capacity.rps", "finding", "rps", "rps", "higher"),
        Indicator("saturation.users", "finding", "users", "users", "higher"),
        Indicator("saturation.rps", "finding", "rps", "rps", "higher"),
        Indicator("recovery.s", "finding", "s", "s", "lower"),
        Indicator("drift.latency.p95", "finding", "latency.p95", "%/h", "lower"),
        Indicator("drift.memory", "finding", "memory", "%/h", "lower"),
    )
}
ALLOWED = ", ".join(("latency.p<1 to 99.99>", *_FIXED))


def parse(name: str) -> Indicator:
    """Return the indicator called ``name``; raises IndicatorError with a suggestion."""
    if name in _FIXED:
        return _FIXED[name]
    found = _PERCENTILE.fullmatch(name)
    if found is None:
        raise IndicatorError(f"`{name[:60]}` is no indicator{_suggestion(name)} Allowed: {ALLOWED}")
    percentile = Fraction(found[1])
    if percentile == 100:
        raise IndicatorError(f"`{name}` is the greatest value; write `latency.max`")
    if not 0 < percentile < 100:
        raise IndicatorError(f"`{name}` is no percentile; it lies above 0 and below 100, like `latency.p95`")
    whole, _, decimals = found[1].partition(".")
    statistic = f"p{int(whole)}.{decimals.rstrip('0')}".rstrip(".")
    return Indicator(f"latency.{statistic}", "latency", statistic, "ms", "lower", percentile)


def _suggestion(name: str) -> str:
    low = name.lower().strip()
    if re.fullmatch(r"p[0-9]{1,2}(\.[0-9]{1,4})?", low, re.ASCII):
        return f"; did you mean `latency.{low}`?"
    known = [*_FIXED, "latency.p95", "latency.p99", "latency.p50"]
    near = _ALIASES.get(low) or suggest.closest(low, known)
    return f"; did you mean `{near}`?" if near else "."
