"""The last seconds of a run under way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies


@dataclass(frozen=True)
class Recent:
    """The last ``seconds`` up to ``end_s`` of the run that every generator process has reported."""

    tallies: Tallies
    seconds: float
    end_s: float = 0.0

    @cached_property
    def tally(self) -> Tally:
        """The sum of all counts."""
        return Tally.merged(self.tallies.values())

    @property
    def errors(self) -> int:
        """Failed requests, throttled ones among them."""
        return self.tally.errors + self.tally.throttled
