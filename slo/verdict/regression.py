"""Objectives against the baseline: which reference runs a run is compared with, and the result. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from slo.analysis import endpoint_filter
from slo.analysis.value import value_of_counts
from slo.baseline import wording
from slo.baseline.blocks import Block, blocks_of
from slo.baseline.compare import ENOUGH_REFERENCES, Change, NotComparable, compare
from slo.baseline.compared_indicator import ComparedIndicator
from slo.baseline.store import Reference, differences
from slo.objectives.objective import Objective
from slo.record.run import Run
from slo.verdict.result import Result, Status


@dataclass(frozen=True)
class NoReferences:
    """Why there are no reference runs: none exist (SKIPPED), or the baseline cannot be read (NO DATA)."""

    reason: str
    status: Status = "SKIPPED"


NO_BASELINE = NoReferences("there is no baseline to compare with; `locust-slo baseline add` adds a run to it")
NOT_YET = NoReferences("compared with the baseline once the run has ended")
References = Sequence[Reference] | NoReferences


class BaselineComparison:
    """The comparisons of one run with its reference runs; the run is cut into blocks once for all of them."""

    def __init__(
        self,
        run: Run,
        indicator_of: Callable[[Objective], ComparedIndicator],
        references: References,
        any_baseline: bool,
    ) -> None:
        """``indicator_of`` returns what an objective compares."""
        self._run = run
        self._indicator_of = indicator_of
        self._references: Sequence[Reference] = ()
        self._missing: NoReferences | None = None
        self._differences = ""
        if isinstance(references, NoReferences):
            self._missing = references
        else:
            self._choose(references, any_baseline)

    def _choose(self, references: Sequence[Reference], any_baseline: bool) -> None:
        """Select the reference runs of the same environment and load as the run, never the run itself."""
        others = [reference for reference in references if reference.id != self._run.id]
        alike = [reference for reference in others if not differences(reference, self._run)]
        self._references = others if any_baseline else alike
        if not others:
            self._missing = NO_BASELINE
        elif self._run.plan and self._run.ended.how != "completed":
            self._missing = NoReferences(f"not compared: the run was {self._run.ended.how} before its plan's end")
        elif not self._references:
            found = "; ".join(differences(others[-1], self._run)[:3])
            self._missing = NoReferences(
                f"the baseline is of another environment or load ({found}); --any-baseline compares anyway"
            )
        if len(self._references) > len(alike):
            found = "; ".join(next(d for d in (differences(r, self._run) for r in others) if d)[:3])
            self._differences = f" (compared with another environment or load by --any-baseline: {found})"

    @property
    def references(self) -> tuple[str, ...]:
        """Ids of the references that the run is compared with."""
        return () if self._missing else tuple(reference.id for reference in self._references)

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return blocks_of(self._run)

    def judge(self, objective: Objective, samples: int) -> Result:
        """Return the result of one objective against the baseline; ``samples`` is its number of requests."""
        if self._missing:
            return Result(objective, self._missing.status, samples=samples, reason=self._missing.reason)
        change = compare(
            self._blocks, [reference.blocks for reference in self._references], self._indicator_of(objective)
        )
        if isinstance(change, NotComparable):
            return Result(objective, "NO DATA" if change.of_run else "SKIPPED", samples=samples, reason=change.reason)
        result = _result_of(objective, change, samples)
        return replace(result, reason=result.reason + self._differences)


def _result_of(objective: Objective, change: Change, samples: int) -> Result:
    """Return the result of a comparison: a regression is larger than the tolerance, and more than noise."""
    status: Status = "PASS"
    reason = wording.sentence(objective.indicator, change, objective.target, objective.warning)
    if change.low > 0 and change.worse >= objective.target:
        status = "CRITICAL" if objective.priority == "P0" else "FAIL"
        if change.references < ENOUGH_REFERENCES:
            status = "WARNING"
            reason += (
                f"; a warning only: fewer than {ENOUGH_REFERENCES} references do not show how far runs differ by chance"
            )
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


def compared_indicator_of(objective: Objective, groups: Mapping[str, tuple[str, ...]]) -> ComparedIndicator:
    """Return what is compared for an objective: its indicator, over the endpoints of its scope."""
    return ComparedIndicator(
        objective.indicator,
        lambda tally, seconds: value_of_counts(objective, tally, seconds),
        endpoint_filter.of_scope(objective.scope, groups).accepts,
        objective.of,
    )
