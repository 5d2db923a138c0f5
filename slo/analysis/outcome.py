"""Whether objectives were met while a number of users was held: yes, no, or undecided because of noise. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from slo.analysis import diagnosis
from slo.analysis.selection import Selection, matching
from slo.analysis.timeline import Miss
from slo.analysis.value import meets, value_of
from slo.load.search import MIN_RUNNING_SHARE
from slo.metrics import percentile_interval
from slo.metrics.tally_table import Tallies
from slo.objectives.objective import Objective

MissedObjective = tuple[float, Miss]
"""How far a value is past its target, as a share of it, and the miss."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a step: ``held`` is None where chance could reverse it; ``likely`` is what the values alone say.

    ``missed`` are the objectives past their target, the furthest first; ``short`` is whether too few users ran.
    """

    held: bool | None
    likely: bool
    missed: tuple[Miss, ...] = ()
    short: bool = False


def outcome_of(
    cells: Tallies, seconds: float, objectives: Sequence[Objective], groups: Mapping[str, tuple[str, ...]]
) -> Outcome:
    """Return the outcome of a step with the counts ``cells``, held for ``seconds``, by all ``objectives``.

    It holds where all hold clearly, and fails where one fails clearly. An objective of which there was no request
    has no say.
    """
    clear: list[bool | None] = []
    over: list[MissedObjective] = []
    for objective in objectives:
        inside = Selection(matching(cells, objective.scope, groups), Fraction(seconds).limit_denominator(1000), ())
        value = value_of(objective, inside)
        if value is None:
            continue
        clear.append(_is_clear(objective, value, inside))
        if not meets(objective.indicator, value, objective.target):
            over.append(distance_past_target(objective, value, inside))
    held = False if False in clear else None if None in clear or not clear else True
    missed = furthest_first(over)
    return Outcome(held, bool(clear) and not missed, missed)


def distance_past_target(objective: Objective, value: Fraction, inside: Selection) -> MissedObjective:
    """Return by what share of its target ``value`` is past it, and the miss with the endpoint that most of it is of."""
    far = float(abs(value - objective.target) / (objective.target or Fraction(1, 100)))
    return far, Miss(objective.name, diagnosis.origin(objective, inside).endpoint)


def furthest_first(found: Sequence[MissedObjective]) -> tuple[Miss, ...]:
    """Return the misses, the furthest past its target first."""
    return tuple(miss for _, miss in sorted(found, key=lambda one: (-one[0], one[1].objective)))


def offered(outcome: Outcome, users: int, running: float) -> Outcome:
    """Return the outcome of a step for ``users`` of which ``running`` ran on average: too few prove nothing."""
    if running >= MIN_RUNNING_SHARE * users:
        return outcome
    return replace(outcome, held=None, likely=False, short=True)


def _is_clear(objective: Objective, value: Fraction, inside: Selection) -> bool | None:
    """Return whether the target is met, if chance moves the value across it with less than 2.5 %; else None."""
    what, target = objective.indicator, objective.target
    met = meets(what, value, target)
    if what.percentile is not None:
        bounds = percentile_interval.of_percentile(inside.latency_against(objective), what.percentile)
        if bounds.high_us is not None and meets(what, Fraction(bounds.high_us, 1000), target):
            return True
        missed = bounds.low_us is not None and not meets(what, Fraction(bounds.low_us, 1000), target)
        return False if missed else None
    if met or what.unit != "ratio":
        return met
    return None if _could_be_chance(objective, value, inside) else False


def _could_be_chance(objective: Objective, value: Fraction, inside: Selection) -> bool:
    """Return whether a share as bad as ``value`` is likely if the true one is the target (binomial)."""
    bad, allowed, tried = value, objective.target, inside.tally.requests
    if objective.direction == "higher":
        bad, allowed = 1 - value, 1 - objective.target
        checks = inside.tally.checks
        chosen = [checks[objective.check]] if objective.check is not None else list(checks.values())
        tried = sum(passed + failed for passed, failed in chosen)
    if not 0 < allowed < 1:
        return False
    return (
        1 - percentile_interval.binomial_at_most(round(bad * tried) - 1, tried, float(allowed))
        > percentile_interval.MISS_PROBABILITY / 2
    )
