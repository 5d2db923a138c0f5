"""How far normal load stays from each target, and whether the run itself is plausible (Little's law)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from slo.analysis import littles_law
from slo.analysis.endpoint_filter import matches
from slo.analysis.finding import Figure, Finding, rounded
from slo.analysis.selection import select
from slo.analysis.value import value_of
from slo.metrics.indicator import WHOLE_RUN
from slo.metrics.quantity import show
from slo.objectives.objective import Objective, Scope
from slo.objectives.objectives import Objectives
from slo.record.run import Run

NAME = "headroom"
CLOSE_SHARE = Fraction(1, 5)
"""Less room than this is called little."""


def find(run: Run, objectives: Objectives) -> Finding:
    """Return how far the plateau (the stages of constant load) is from each target."""
    hold = tuple(stage.name for stage in run.plan.stages if stage.load_from == stage.load_to) if run.plan else ()
    rooms = _headrooms(run, objectives, hold)
    details = tuple(_sentence(run, one, value, room) for one, (value, room) in rooms.items())
    little = _littles_law(run)
    if not rooms:
        answer = "no answer: no objective with a target has a value while the load was constant"
        return Finding(NAME, answer, False, (), little)
    nearest, (value, room) = min(rooms.items(), key=lambda item: item[1][1])
    where = f"during {', '.join(hold)}" if hold else "over the whole run"
    shown, target = show(value, nearest.unit, nearest.target), show(nearest.target, nearest.unit)
    if room < 0:
        answer = f"none: '{nearest.name}' is {_percent(-room)} past its target {where} ({shown} against {target})"
    else:
        size = "little" if room < CLOSE_SHARE else "at least"
        size = f"only {_percent(room)}" if size == "little" else f"at least {_percent(room)} to every target"
        answer = f"{size}, nearest is '{nearest.name}' {where} ({shown} against {target})"
    figure = Figure("headroom.ratio", rounded(float(room)), "ratio")
    return Finding(NAME, answer, True, (figure,), (*details, *little))


def _headrooms(
    run: Run,
    objectives: Objectives,
    hold: tuple[str, ...],
) -> Mapping[Objective, tuple[Fraction, Fraction]]:
    rooms: dict[Objective, tuple[Fraction, Fraction]] = {}
    for objective in objectives.items:
        scope = objective.scope
        fits = not scope.scenarios or run.scenario in scope.scenarios
        kind = objective.indicator.kind
        if not fits or objective.against == "baseline" or kind == "requests" or kind in WHOLE_RUN:
            continue
        value = value_of(objective, select(run, _restricted_to(scope, hold), objectives.groups))
        if value is not None:
            rooms[objective] = (value, _headroom_share(objective, value))
    return rooms


def _restricted_to(scope: Scope, hold: tuple[str, ...]) -> Scope:
    both = tuple(name for name in hold if matches(name, scope.stages))
    return replace(scope, stages=both) if both else scope


def _headroom_share(objective: Objective, value: Fraction) -> Fraction:
    """Return the room to the target as a share of it; of a share that should be 100 %, of what may be missing."""
    target, best = objective.target, objective.indicator.best
    if best == 1 and target < 1:
        return (value - target) / (1 - target)
    if not target:
        return Fraction(0) if value == target else Fraction(-1)
    if target == best:
        return Fraction(0) if value == target else (value - target) / target
    return (target - value) / target if objective.direction == "lower" else (value - target) / target


def _sentence(run: Run, objective: Objective, value: Fraction, room: Fraction) -> str:
    words = f"{_percent(room)} of room" if room >= 0 else f"{_percent(-room)} past it"
    shown = show(value, objective.unit, objective.target)
    return f"{objective.name}: {shown} against {show(objective.target, objective.unit)}, {words}."


def _percent(share: Fraction | float) -> str:
    return f"{_figure(float(share) * 100)} %"


def _figure(value: float) -> str:
    """Return three digits, or all before the point: an exponent is for machines."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


def _littles_law(run: Run) -> tuple[str, ...]:
    """Say which share of their time users waited; more than all of it is implausible."""
    time = littles_law.of(run)
    if time.user_s <= 0 or not time.requests:
        return ("Little's law could not be checked: no users were seen.",)
    # Users are sampled once a second: one in twenty too many is no contradiction.
    if time.busy > 1.05:
        return (
            f"IMPLAUSIBLE by Little's law: {_figure(time.busy_s)} s of latency in {_figure(time.user_s)} s of users' "
            f"time ({_percent(time.busy)}). Either users send requests side by side, or something is counted wrongly.",
        )
    return (
        f"Plausible by Little's law: users waited for answers {_percent(time.busy)} of their time: that leaves a "
        f"pause of {show(rounded(time.pause_s * 1000), 'ms')} for each request.",
    )
