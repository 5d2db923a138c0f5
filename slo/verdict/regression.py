"""Objectives against the baseline: which references a run is held against, and what that comes to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from slo.baseline import wording as comparison
from slo.baseline.compare import ENOUGH, Change, Untold, compare
from slo.baseline.question import Question
from slo.baseline.store import Block, Reference, blocks_of, differences
from slo.objectives.objectives import Objective
from slo.record.run import Run
from slo.verdict.verdict import Result, Status


@dataclass(frozen=True)
class Absent:
    """Why there are no references: none are kept (SKIPPED), or what is kept cannot be read (NO DATA)."""

    reason: str
    status: Status = "SKIPPED"


NO_BASELINE = Absent("there is no baseline to compare with; `locust-slo baseline add` keeps a run as one")
NOT_YET = Absent("compared with the baseline once the run has ended")
Kept = Sequence[Reference] | Absent


class Bench:
    """A run's comparisons; the run is cut in blocks once for all of them."""

    def __init__(self, run: Run, ask: Callable[[Objective], Question], kept: Kept, any_baseline: bool) -> None:
        """``ask`` turns an objective into the question of its comparison."""
        self._run = run
        self._ask = ask
        self._references: Sequence[Reference] = ()
        self._absent: Absent | None = None
        self._foreign = ""
        if isinstance(kept, Absent):
            self._absent = kept
        else:
            self._choose(kept, any_baseline)

    def _choose(self, kept: Sequence[Reference], any_baseline: bool) -> None:
        """Take the references that the run may be compared with: of its own environment and load, and never itself."""
        others = [reference for reference in kept if reference.id != self._run.id]
        alike = [reference for reference in others if not differences(reference, self._run)]
        self._references = others if any_baseline else alike
        if not others:
            self._absent = NO_BASELINE
        elif self._run.plan and self._run.ended.how != "completed":
            self._absent = Absent(f"not compared: the run was {self._run.ended.how} before its plan's end")
        elif not self._references:
            apart = "; ".join(differences(others[-1], self._run)[:3])
            self._absent = Absent(
                f"the baseline is of another environment or load ({apart}); --any-baseline compares anyway"
            )
        if len(self._references) > len(alike):
            apart = "; ".join(next(d for d in (differences(r, self._run) for r in others) if d)[:3])
            self._foreign = f" (told to compare with another environment or load: {apart})"

    @property
    def compared(self) -> tuple[str, ...]:
        """Ids of the references that the run is compared with."""
        return () if self._absent else tuple(reference.id for reference in self._references)

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return blocks_of(self._run)

    def judge(self, objective: Objective, samples: int) -> Result:
        """Return the result of one objective against the baseline; ``samples`` are the requests it speaks of."""
        if self._absent:
            return Result(objective, self._absent.status, samples=samples, reason=self._absent.reason)
        change = compare(self._blocks, [reference.blocks for reference in self._references], self._ask(objective))
        if isinstance(change, Untold):
            return Result(objective, "NO DATA" if change.of_run else "SKIPPED", samples=samples, reason=change.reason)
        result = _judged(objective, change, samples)
        return replace(result, reason=result.reason + self._foreign)


def _judged(objective: Objective, change: Change, samples: int) -> Result:
    """Return the result of a comparison: a regression is larger than the tolerance, and more than noise."""
    status: Status = "PASS"
    reason = comparison.sentence(objective.indicator, change, objective.target, objective.warning)
    if change.low > 0 and change.worse >= objective.target:
        status = "CRITICAL" if objective.priority == "P0" else "FAIL"
        if change.references < ENOUGH:
            status = "WARNING"
            reason += f"; a warning only: fewer than {ENOUGH} references hardly know how much runs differ anyway"
    elif change.low > 0 and objective.warning is not None and change.worse >= objective.warning:
        status = "WARNING"
    return Result(
        objective,
        status,
        value=_fraction(change.worse),
        samples=samples,
        low=_fraction(change.low),
        high=_fraction(change.high),
        deviation=(_fraction(change.worse) - objective.target) / objective.target,
        reason=reason,
    )


def _fraction(value: float) -> Fraction:
    return Fraction(round(value * 10**9), 10**9)
