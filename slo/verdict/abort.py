"""Ending a run early: an objective that is past its target for too long, over the run's last seconds, ends it.

Pure, clocked by the caller: time is that of the counts, which reach a master some seconds after they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slo.analysis.selection import Selection, matching, warmup_ms
from slo.load.plan import Plan
from slo.metrics.quantity import show
from slo.metrics.tally_table import Tallies
from slo.objectives.objectives import Objective, Objectives
from slo.verdict.judge import meets, value_of

WINDOW_S = 10
"""Seconds that an objective is looked at over, at each look."""
StopOn = Literal["FAIL", "CRITICAL"]
Rule = tuple[Objective, float]
"""An objective, and for how many seconds it may be past its target."""


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
    """Return the objectives that may end a run of ``scenario``: by their own word, or because all may."""
    found: list[Rule] = []
    for objective in objectives.items:
        if objective.against == "baseline" or objective.indicator.kind in ("requests", "dropped", "finding"):
            continue  # known at the end only
        if objective.scope.scenarios and scenario not in objective.scope.scenarios:
            continue
        bad_enough = stop_on == "FAIL" or (stop_on == "CRITICAL" and objective.priority == "P0")
        if objective.abort_s is not None:
            found.append((objective, float(objective.abort_s)))
        elif bad_enough:
            found.append((objective, stop_after_s))
    return found


class Watch:
    """Looks at the last seconds again and again, and remembers since when each objective is past its target.

    A window that begins in an objective's warm-up is not held against it; ``plan`` says how much of it is left.
    """

    def __init__(
        self, watched: Sequence[Rule], groups: Mapping[str, tuple[str, ...]], plan: Plan | None = None
    ) -> None:
        self._rules = watched
        self._warm_s = [warmup_ms(objective.scope, plan) / 1000 for objective, _ in watched]
        self._groups = groups
        self._past: dict[str, tuple[float, float]] = {}
        self._last_s = 0.0

    def due(self, end_s: float) -> bool:
        """Return whether there is anything new to look at, with counts up to ``end_s``."""
        return bool(self._rules) and end_s > self._last_s

    def look(self, cells: Tallies, end_s: float, seconds: Callable[[tuple[str, ...]], float]) -> Breach | None:
        """Return the breach that has lasted too long, if there is one.

        ``cells`` are the counts of the window that ends at ``end_s``; ``seconds`` says for how many seconds of it
        stages that fit some patterns lasted.
        """
        before_s, self._last_s = self._last_s, end_s
        for (objective, after_s), warm_s in zip(self._rules, self._warm_s, strict=True):
            if warm_s > max(0.0, end_s - WINDOW_S):
                continue
            found = matching(cells, objective.scope, self._groups)
            lasted = Fraction(seconds(objective.scope.stages)).limit_denominator(1000)
            value = value_of(objective, Selection(found, lasted, ()))
            if value is None:
                continue  # nothing is known; an old breach is forgotten below
            if meets(objective.indicator, value, objective.target):
                self._past.pop(objective.name, None)
                continue
            since_s, seen_s = self._past.get(objective.name, (before_s, before_s))
            if before_s - seen_s > WINDOW_S:
                since_s = before_s  # its stages paused meanwhile
            self._past[objective.name] = (since_s, end_s)
            if end_s - since_s >= after_s:
                return _breach(objective, value, since_s, end_s)
        return None


def _breach(objective: Objective, value: Fraction, since_s: float, end_s: float) -> Breach:
    shown, target = show(value, objective.unit), show(objective.target, objective.unit)
    reason = (
        f"'{objective.name}' was past its target for {end_s - since_s:.0f} s: "
        f"{shown} over the last {min(float(WINDOW_S), end_s):.0f} s against {target}"
    )
    return Breach(objective.name, float(value), end_s, reason)
