"""Which requests of a run an objective selects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from slo.analysis import endpoint_filter
from slo.analysis.endpoint_filter import EndpointFilter, matches
from slo.load.plan import Plan
from slo.metrics.arrivals import NO_ARRIVALS, Arrivals, total_arrivals
from slo.metrics.endpoint import method_and_name
from slo.metrics.histogram import Histogram, bucket_bounds, bucket_of
from slo.metrics.quantity import show, write
from slo.metrics.tally import Since, Tally
from slo.objectives.objective import Objective, Scope
from slo.record.run import Run
from slo.text import suggest

MAX_FAILED_SHARE = Fraction(1, 10)
"""Share of failed requests from which on their latencies alone do not meet a target."""


@dataclass(frozen=True)
class Selection:
    """The counts that an objective is judged on, by (endpoint, stage), and the seconds in which they were collected.

    ``empty`` is a sentence on why nothing was selected, or an empty text. ``arrivals`` are those of an open
    model in the selected stages.
    """

    cells: Mapping[tuple[str, str], Tally]
    seconds: Fraction
    stages: tuple[str, ...]
    empty: str = ""
    arrivals: Arrivals = NO_ARRIVALS

    @cached_property
    def tally(self) -> Tally:
        """The sum of all cells."""
        return Tally.merged(self.cells.values())

    def latency(self, of: str, since: Since | None = None) -> Histogram:
        """Return the latency of ``all`` requests, the ``ok`` or the ``failed`` ones, measured ``since`` which start."""
        return self.tally.latency_of(of, since)

    def latency_against(self, objective: Objective) -> Histogram:
        """Return the latencies that the objective's target is compared with.

        A request that was open when its user was stopped took at least as long as its age. Where the age is past the
        target, the request has missed it and counts with its age; a younger one tells nothing and is left out.

        Where many requests failed, quick failures do not make the target quick: the latencies of all requests or those
        of successful ones are compared, whichever are worse; empty ones where all requests failed within the target.
        """
        measured = self._ended(objective)
        if objective.of == "failed" or objective.against != "target" or not self.tally.unanswered.total:
            return measured
        return Histogram.merged((measured, self.tally.unanswered.above(round(objective.target * 1000))))

    def is_at_least(self, objective: Objective, value: Fraction) -> bool:
        """Return whether a latency (ms) is the age of requests that were open still: it was that or more."""
        if objective.indicator.kind != "latency" or not self.tally.unanswered.total:
            return False
        ended = self._ended(objective)
        if not ended.total:
            return True
        without_us = objective.indicator.latency_us(ended)
        if objective.indicator.percentile is not None:
            without_us = Fraction(bucket_bounds(bucket_of(int(without_us)))[1])  # known to its bucket
        return without_us < value * 1000

    def _ended(self, objective: Objective) -> Histogram:
        """Return the latencies of requests that ended, as the objective counts them."""
        measured = self.latency(objective.of, objective.since)
        if objective.of == "all" and objective.against == "target":
            return self._without_quick_failures(objective, measured)
        return measured

    def _without_quick_failures(self, objective: Objective, measured: Histogram) -> Histogram:
        tally, answered = self.tally, self.latency("ok", objective.since)
        if tally.failed.total <= MAX_FAILED_SHARE * (tally.ok.total + tally.failed.total) or not measured.total:
            return measured
        value_us = objective.indicator.latency_us(measured)
        if not answered.total:
            return measured if value_us >= objective.target * 1000 else answered
        return max(measured, answered, key=objective.indicator.latency_us)

    def by_endpoint(self) -> dict[str, Tally]:
        """Return the counts of each endpoint."""
        return self._by(0)

    def by_stage(self) -> dict[str, Tally]:
        """Return the counts of each stage, in the order of the run."""
        found = self._by(1)
        return {stage: found[stage] for stage in self.stages if stage in found}

    def _by(self, part: int) -> dict[str, Tally]:
        found: dict[str, Tally] = {}
        for key, tally in self.cells.items():
            found.setdefault(key[part], Tally()).add(tally)
        return found


def matching(
    cells: Mapping[tuple[str, str], Tally], scope: Scope, groups: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], Tally]:
    """Return those of ``cells``, by (endpoint, stage), that ``scope`` selects."""
    wanted = endpoint_filter.of_scope(scope, groups)
    return {
        key: tally for key, tally in sorted(cells.items()) if wanted.accepts(key[0]) and matches(key[1], scope.stages)
    }


def select(run: Run, scope: Scope, groups: Mapping[str, tuple[str, ...]]) -> Selection:
    """Return what ``scope`` selects of ``run``; patterns are those of ``fnmatch``, case matters."""
    late = run.after(warmup_ms(scope, run.plan))
    cells = matching(late.tallies, scope, groups)
    seconds = Fraction(round(late.seconds(lambda stage: matches(stage, scope.stages)) * 1000), 1000)
    empty = "" if any(tally.requests for tally in cells.values()) else _reason_for_nothing(run, scope, groups)
    arrived = total_arrivals(more for stage, more in late.arrivals.items() if matches(stage, scope.stages))
    return Selection(cells, seconds, tuple(run.stages), empty, arrived)


def warmup_ms(scope: Scope, plan: Plan | None) -> int:
    """Return how many milliseconds of a run are left out: a plan's time scale holds for them as for its stages."""
    scale = Fraction(plan.time_scale).limit_denominator(10**6) if plan else Fraction(1)
    return round(scope.warmup_s * scale * 1000)


def _reason_for_nothing(run: Run, scope: Scope, groups: Mapping[str, tuple[str, ...]]) -> str:
    if not run.tallies:
        return "no request was made"
    wanted = endpoint_filter.of_scope(scope, groups)
    if scope.warmup_s and any(tally.requests for tally in matching(run.tallies, scope, groups).values()):
        return _only_warmup(run, scope)
    if scope.stages and not any(matches(stage, scope.stages) for stage in run.stages):
        stages = ", ".join(scope.stages)
        return f"the run has no stage '{stages}'{suggest.hint(stages, run.stages)}"
    if wanted and not any(map(wanted.accepts, run.endpoints)):
        return f"no request to '{wanted}' was made{_hint(wanted, run.endpoints)}"
    return "no request was made in the stages and to the endpoints selected"


def _hint(wanted: EndpointFilter, endpoints: Sequence[str]) -> str:
    """Return what may have been meant by endpoints that the run does not have, as the end of a sentence."""
    pairs = [method_and_name(endpoint) for endpoint in endpoints]
    taken = (pair for one, pair in zip(endpoints, pairs, strict=True) if one in wanted.names and one != pair[1])
    shown = next(taken, None)
    if shown:
        return f"; an endpoint is its name: give `endpoint: {shown[1]}` and `method: {shown[0]}`"
    named = [method for method, name in pairs if matches(name, wanted.names)]
    if not named:
        return suggest.hint(", ".join(wanted.names), [name for _, name in pairs])
    if not any(named):
        return ", as far as is known: this record does not have the methods of its requests"
    return f"; the methods of these endpoints are {', '.join(sorted(set(filter(None, named))))}"


def _only_warmup(run: Run, scope: Scope) -> str:
    real_ms = warmup_ms(scope, run.plan)
    warmup = f"the warm-up of {write(scope.warmup_s, 's')}"
    if real_ms != scope.warmup_s * 1000:
        warmup += f" ({show(Fraction(real_ms, 1000), 's')} in this compressed run)"
    if real_ms >= run.duration_s * 1000:
        return f"{warmup} is as long as the run, which lasted {run.duration_s:.1f} s"
    return f"no request was made after {warmup}"
