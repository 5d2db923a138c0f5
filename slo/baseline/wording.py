"""Sentences on a change from the baseline."""

from __future__ import annotations

from fractions import Fraction

from slo.baseline.compare import Change
from slo.metrics.indicator import Indicator
from slo.metrics.quantity import show


def sentence(indicator: Indicator, change: Change, target: Fraction, warning: Fraction | None = None) -> str:
    """Return what was seen: a change and whether it is more than noise, or the least change that would have been."""
    unit = indicator.unit
    values = f"{show(change.after, unit)} against {show(change.before, unit)} of {count(change.references)}"
    between = f"95 % interval {signed(change.low, indicator)} to {signed(change.high, indicator)}"
    if not change.is_real:
        return (
            f"no change seen: {values} ({between}); the smallest change this test could have seen is "
            f"{share(change.detectable, indicator)} (noise {change.noise})"
        )
    way = "worse" if change.worse > 0 else "better"
    words = f"{share(abs(change.worse), indicator)} {way}: {values} ({between})"
    if change.worse > 0:
        bound = warning if warning is not None and change.worse < target else target
        side = "past" if change.worse >= bound else "within"
        words += f", {side} the tolerance of {share(float(bound), indicator)}"
    return f"{words} (noise {change.noise})"


def count(references: int) -> str:
    """Return how many references were compared with."""
    return "1 reference" if references == 1 else f"{references} references"


def share(change: float, indicator: Indicator) -> str:
    """Return a change as a share; of an indicator that is a share itself, in percentage points."""
    return f"{change * 100:.{_places(change)}f} {_unit(indicator)}"


def signed(change: float, indicator: Indicator) -> str:
    """Return a change with its sign: plus is worse."""
    text = f"{change * 100:+.{_places(change)}f}"
    return f"{text if float(text) else text[1:]} {_unit(indicator)}"


def _places(change: float) -> int:
    return 1 if abs(change) >= 0.01 else 2


def _unit(indicator: Indicator) -> str:
    return "points" if indicator.unit == "ratio" else "%"
