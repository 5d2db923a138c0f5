"""Counts of a running run, kept as sums instead of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slo.metrics.arrivals import Arrivals
from slo.metrics.tally_table import TallyTable


@dataclass(frozen=True)
class RunCounts:
    """Counts by (endpoint, stage), and arrivals by stage, from ``since_ms`` after the run's start on."""

    tallies: TallyTable
    arrivals: Mapping[str, Arrivals]
    since_ms: int = 0


@dataclass(frozen=True)
class LiveCounts:
    """All counts of a run under way.

    ``after_warmup`` maps the end of a warm-up, in milliseconds after the run's start, to the counts from then on;
    ``steps`` are the counts of each step of a search. ``last_answer_s`` is when the last request was answered, in
    seconds after the run's start, and ``oldest_open_s`` the age of the oldest open request.
    """

    whole: RunCounts
    after_warmup: Mapping[int, RunCounts] = field(default_factory=dict)
    steps: Sequence[TallyTable] = ()
    last_answer_s: float = 0.0
    oldest_open_s: float = 0.0
