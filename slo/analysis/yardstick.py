"""How the judge measures: handed to what lies below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from slo.analysis.selection import Selection
from slo.metrics.indicator import Indicator
from slo.objectives.objectives import Objective


@dataclass(frozen=True)
class Yardstick:
    """How the judge measures an objective on selected counts, and holds a value against a bound."""

    value_of: Callable[[Objective, Selection], Fraction | None]
    meets: Callable[[Indicator, Fraction, Fraction], bool]
