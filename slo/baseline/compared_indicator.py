"""What is compared between runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slo.metrics.indicator import Indicator
from slo.metrics.tally import Tally

MIN_BLOCKS = 8
"""Fewer blocks say nothing of the noise within a run."""


@dataclass(frozen=True)
class ComparedIndicator:
    """An indicator of the endpoints that ``endpoint`` accepts, computed from counts by ``value``.

    ``value`` takes counts and seconds and returns the indicator's value, or None without one.
    """

    indicator: Indicator
    value: Callable[[Tally, float], float | None]
    endpoint: Callable[[str], bool] = lambda _: True
    of: str = "all"

    @property
    def relative(self) -> bool:
        """Whether values are compared as ratios; shares are as differences."""
        return self.indicator.unit != "ratio"
