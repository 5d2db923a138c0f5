"""Ending a run early: an objective that misses its target for too long, over the last seconds, aborts the run.

Pure, clocked by the caller: time is that of the counts, which reach a master some seconds after they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slo.analysis import endpoint_filter
from slo.analysis.selection import Selection, matching, warmup_ms
from slo.analysis.value import meets, value_of
from slo.load.plan import Plan
from slo.measure.open_requests import OpenSummary
from slo.metrics.indicator import WHOLE_RUN
from slo.metrics.quantity import show
from slo.metrics.tally_table import Tallies
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives

NOTHING_OPEN = OpenSummary()
WINDOW_S = 10
"""Length of the window that an objective is judged on."""
StopOn = Literal["FAIL", "CRITICAL"]
Rule = tuple[Objective, float]
"""An objective, and for how many seconds it may miss its target."""


@dataclass(frozen=True)
class Breach:
    """Why a run ends early: ``objective``, its ``value`` over the last window, and when, in seconds of the run."""

    objective: str
    value: float
    at_s: float
    reason: str


def rules(
    objectives: Objectives, scenario: str | None, stop_on: StopOn | None = None, stop_after_s: float = 0.0
) -> list[Rule]:
    """Return the objectives that may abort a run of ``scenario``: those with ``abort``, or all by ``stop_on``."""
    found: list[Rule] = []
    for objective in objectives.items:
        kind = objective.indicator.kind
        if objective.against == "baseline" or kind in ("requests", "dropped") or kind in WHOLE_RUN:
            continue  # known at the end only
        if objective.scope.scenarios and scenario not in objective.scope.scenarios:
            continue
        bad_enough = stop_on == "FAIL" or (stop_on == "CRITICAL" and objective.priority == "P0")
        if objective.abort_s is not None:
            found.append((objective, float(objective.abort_s)))
        elif bad_enough:
            found.append((objective, stop_after_s))
    return found


class AbortMonitor:
    """Judges the last seconds at regular intervals, and remembers since when each objective misses its target.

    A window that begins in an objective's warm-up does not count against it; ``plan`` scales the warm-up.
    """

    def __init__(self, chosen: Sequence[Rule], groups: Mapping[str, tuple[str, ...]], plan: Plan | None = None) -> None:
        self._rules = chosen
        self._warmup_s = [warmup_ms(objective.scope, plan) / 1000 for objective, _ in chosen]
        self._groups = groups
        self._missed: dict[str, tuple[float, float]] = {}
        self._last_s = 0.0

    def due(self, end_s: float) -> bool:
        """Return whether there is a new window to judge, with counts up to ``end_s``."""
        return bool(self._rules) and end_s > self._last_s

    def check(
        self,
        tallies: Tallies,
        end_s: float,
        seconds: Callable[[tuple[str, ...]], float],
        waiting: OpenSummary = NOTHING_OPEN,
    ) -> Breach | None:
        """Return the breach that has lasted too long, if there is one.

        ``tallies`` are the counts of the window that ends at ``end_s``; ``seconds`` returns for how many seconds of it
        the stages that match some patterns lasted; ``waiting`` are the requests that are open now.
        """
        before_s, self._last_s = self._last_s, end_s
        for (objective, after_s), warmup_s in zip(self._rules, self._warmup_s, strict=True):
            if warmup_s > max(0.0, end_s - WINDOW_S):
                continue
            found = matching(tallies, objective.scope, self._groups)
            lasted = Fraction(seconds(objective.scope.stages)).limit_denominator(1000)
            value = value_of(objective, Selection(found, lasted, ()))
            age_s = 0.0
            if value is None and lasted:
                age_s = _oldest_s(objective, waiting, self._groups)
                value = _value_unanswered(objective, age_s)
            if value is None:
                continue  # nothing was measured; an older miss ends below
            if meets(objective.indicator, value, objective.target):
                self._missed.pop(objective.name, None)
                continue
            since_s, seen_s = self._missed.get(objective.name, (before_s, before_s))
            if before_s - seen_s > WINDOW_S:
                since_s = before_s  # the objective's stages did not run in between
            self._missed[objective.name] = (since_s, end_s)
            if end_s - since_s >= after_s:
                return _breach(objective, value, since_s, end_s, age_s)
        return None


def _oldest_s(objective: Objective, waiting: OpenSummary, groups: Mapping[str, tuple[str, ...]]) -> float:
    """Return the age in seconds of the oldest open request that the objective is on; 0.0 where none is open."""
    wanted = endpoint_filter.of_scope(objective.scope, groups)
    return max((age_s for endpoint, age_s in waiting.oldest_s.items() if wanted.accepts(endpoint)), default=0.0)


def _value_unanswered(objective: Objective, age_s: float) -> Fraction | None:
    """Return the objective's value where no request ended in the window and one has been open for ``age_s`` seconds.

    A latency is at least that age. None where such a request says nothing yet: it must be older than the window.
    """
    kind, age_ms = objective.indicator.kind, Fraction(round(age_s * 1000))
    if age_s < WINDOW_S:
        return None
    if kind == "latency":
        return age_ms if not meets(objective.indicator, age_ms, objective.target) else None
    return {"errors": Fraction(1), "unanswered": Fraction(1), "throughput": Fraction(0)}.get(kind)


def _breach(objective: Objective, value: Fraction, since_s: float, end_s: float, age_s: float) -> Breach:
    shown, target = show(value, objective.unit, objective.target), show(objective.target, objective.unit)
    window = f"over the last {min(float(WINDOW_S), end_s):.0f} s"
    what = f"no answer {window}, the oldest request is open for {age_s:.0f} s" if age_s else f"{shown} {window}"
    reason = f"'{objective.name}' was past its target for {end_s - since_s:.0f} s: {what} against {target}"
    return Breach(objective.name, float(value), end_s, reason)
