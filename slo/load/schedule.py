"""The times at which the arrivals of an open model are due; a pure function of the plan's rates.

Between two rates the rate changes linearly: after t seconds of a stage of T seconds from rate a to rate b
there were a t + (b - a) t^2 / (2 T) arrivals. The first one is due at the start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from slo.load.plan import Plan, Stage


def arrivals_until(stage: Stage, at_s: float) -> float:
    """Return how many arrivals a stage brings in its first ``at_s`` seconds, as a fraction."""
    at_s = min(at_s, stage.duration_s)
    rise = (stage.load_to - stage.load_from) / stage.duration_s if stage.duration_s else 0.0
    return stage.load_from * at_s + rise * at_s * at_s / 2


def due_times(plan: Plan, since_s: float = 0.0, every: int = 1, first: int = 0) -> Iterator[tuple[int, float]]:
    """Yield number and moment, in seconds after the start, of each arrival from ``since_s`` on, in order.

    Only every ``every``-th one, counted from number ``first``: one process's share.
    """
    before, start_s = 0.0, 0.0
    for stage in plan.stages:
        whole = arrivals_until(stage, stage.duration_s)
        number = math.ceil(before)
        if since_s > start_s:
            number = max(number, math.floor(before + arrivals_until(stage, since_s - start_s)))
        number += (first - number) % every
        while number < before + whole:
            due_s = start_s + _time_of_arrival(stage, number - before)
            if due_s >= since_s:
                yield number, due_s
            number += every
        before, start_s = before + whole, start_s + stage.duration_s


def _time_of_arrival(stage: Stage, count: float) -> float:
    """Return the second of a stage at which ``count`` arrivals were due: the root of the quadratic."""
    if count <= 0:
        return 0.0
    half_rise = (stage.load_to - stage.load_from) / stage.duration_s / 2
    # In this form of the root nothing cancels where the rise is small (Numerical Recipes, 5.6).
    inside = max(0.0, stage.load_from**2 + 4 * half_rise * count)
    return min(stage.duration_s, 2 * count / (stage.load_from + math.sqrt(inside)))
