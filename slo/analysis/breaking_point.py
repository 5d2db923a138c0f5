"""The breaking point under a rising load: the load that was sustained, the first lasting breach, the recovery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slo.analysis.finding import Figure, Finding, rounded
from slo.analysis.timeline import WINDOW, Point
from slo.metrics.quantity import show
from slo.record.suite import Suite

if TYPE_CHECKING:
    from slo.analysis.usl import Fit

NAME = "breaking point"
MIN_BREACH_WINDOWS = 5
"""A breach lasts at least this many consecutive windows; fewer may be a random miss."""
MAX_EXTRAPOLATION = 5
"""A throughput ceiling beyond this multiple of the throughput seen is not predicted: saturation has not begun yet."""
SUSTAINED_S = 5.0
"""A throughput is sustained if it was held for this time, and for a window: over less, chance makes it higher."""
NEAR_PEAK = 0.95
"""Share of the greatest number of users from which on the load counts as at its height."""


def find(points: Sequence[Point], judged_by: str, suite: Suite) -> Finding:
    """Return the finding on a rising load; ``judged_by`` names the objectives that the windows were judged by.

    ``suite`` names the option that changes the number of users, for the advice.
    """
    top = _index_of_peak(points)
    rising = [point for point in points[: top + 1] if point.judged]
    if not rising:
        return Finding(
            NAME, "no answer: no window had enough requests to be judged; run longer or with more users", False
        )
    stopped, limits = _saturation(points[: top + 1])
    curve, figures = _curve(points[: top + 1])
    curve = (f"Throughput stopped growing {stopped}.", *curve) if stopped else curve
    figures = (*limits, *figures)
    if not judged_by:
        answer = "no answer: no objective bounds latency, errors or checks; add one with priority P0"
        return Finding(NAME, answer, False, figures, curve)
    onset = _index_of_breach([point for point in points if point.judged], len(rising))
    held = [point for point in rising[:onset] if not point.missed]
    curve = (*_earlier_misses(rising, onset), *curve)
    if onset is None:
        return _finding_without_breach(rising, held, judged_by, figures, curve, stopped, suite)
    return _finding_of_breach(points[top + 1 :], rising, onset, held, judged_by, figures, curve, suite)


def _index_of_peak(points: Sequence[Point]) -> int:
    """Return the index of the last point at (nearly) the greatest number of users."""
    most = max((point.users for point in points), default=0.0)
    return max((n for n, point in enumerate(points) if point.users >= NEAR_PEAK * most), default=0)


def _index_of_breach(judged: Sequence[Point], rising: int) -> int | None:
    """Return where the first breach begins that lasts: after it the targets never held again under the rising load."""
    last_held = max(_sequence_starts(judged[:rising], missed=False), default=-1)
    return next((start for start in _sequence_starts(judged, missed=True) if last_held < start < rising), None)


def _sequence_starts(judged: Sequence[Point], missed: bool) -> list[int]:
    """Return the starts of ``MIN_BREACH_WINDOWS`` consecutive windows that all missed a target, or all met them."""
    alike = [bool(point.missed) == missed for point in judged]
    return [
        start for start in range(len(alike) - MIN_BREACH_WINDOWS + 1) if all(alike[start : start + MIN_BREACH_WINDOWS])
    ]


def _earlier_misses(rising: Sequence[Point], onset: int | None) -> tuple[str, ...]:
    """Return a sentence on an earlier breach that ended although the load went on rising."""
    passing = _sequence_starts(rising[:onset], missed=True)
    if not passing:
        return ()
    first = rising[passing[0]]
    return (
        f"Targets were missed for a while from {first.end_s:.0f} s on, at {first.window_users:.3g} users, and held "
        "again under the load that followed: that was something else than the load.",
    )


def _finding_without_breach(
    rising: Sequence[Point],
    held: Sequence[Point],
    judged_by: str,
    figures: tuple[Figure, ...],
    curve: tuple[str, ...],
    stopped: str,
    suite: Suite,
) -> Finding:
    """Return the finding on a load that broke no target; ``stopped`` is where its throughput stopped growing."""
    if not held:
        return Finding(NAME, f"no answer: {judged_by} held in no window, and no breach lasted", False, figures, curve)
    users = rounded(max(point.window_users for point in held))
    rps = rounded(_sustained_rps(held))
    own = (
        Figure("capacity.users", users, "users", low=users, exact=False),
        Figure("capacity.rps", rps, "rps", low=rps, exact=False),
    )
    brief = len(rising) - len(held)
    short_misses = f" (missed in {brief} of {len(rising)} windows, never lastingly)" if brief else ""
    answer = f"never broke up to {show(users, 'users')} and {show(rps, 'rps')}: {judged_by} held{short_misses}; "
    limit = f"but its throughput stopped growing {stopped}" if stopped else ""
    answer += limit or f"try {suite.more_users(3)} to find where it does"
    return Finding(NAME, answer, True, (*own, *figures), curve)


def _finding_of_breach(
    falling: Sequence[Point],
    rising: Sequence[Point],
    onset: int,
    held: Sequence[Point],
    judged_by: str,
    figures: tuple[Figure, ...],
    curve: tuple[str, ...],
    suite: Suite,
) -> Finding:
    breach = rising[onset]
    at_users, at_rps = rounded(breach.window_users), rounded(breach.window_rps)
    where = f"at {show(at_users, 'users')} and {show(at_rps, 'rps')}, {breach.end_s:.0f} s into the run"
    first = breach.missed[0]
    broke_first = f"'{first.objective}' broke first" + (f", mostly at {first.endpoint}" if first.endpoint else "")
    if held:
        users = rounded(max(point.window_users for point in held))
        rps = rounded(_sustained_rps(held))
        own = (
            Figure("capacity.users", users, "users", low=min(users, at_users), high=max(users, at_users)),
            Figure("capacity.rps", rps, "rps"),
        )
        answer = (
            f"sustains {show(users, 'users')} and {show(rps, 'rps')} ({judged_by} held); broke {where}: {broke_first}"
        )
    else:
        own = (
            Figure("capacity.users", at_users, "users", high=at_users, exact=False),
            Figure("capacity.rps", at_rps, "rps", high=at_rps, exact=False),
        )
        advice = f"try {suite.more_users(0.3)} to find what it sustains"
        answer = f"broke from the first window on, {where}: {broke_first}; {advice}"
    back = _sentence_on_recovery(falling, held)
    return Finding(NAME, answer, True, (*own, *figures), (back, *curve))


def _sentence_on_recovery(falling: Sequence[Point], held: Sequence[Point]) -> str:
    """Return whether all targets were met again once the load was down to what had been sustained, and since when."""
    sustained = max((point.window_users for point in held), default=0.0)
    below = [point for point in falling if point.users <= sustained and point.judged]
    if not below:
        return "Recovery: no answer; the load did not fall long enough to what had been sustained."
    well = len(below)
    while well and not below[well - 1].missed:
        well -= 1
    fell_s = below[0].start_s
    if well == len(below):
        return (
            f"It did not recover in the {below[-1].end_s - fell_s:.0f} s after the load fell to {sustained:.3g} users."
        )
    took_s = max(0.0, below[well].end_s - below[well].window_s - fell_s)
    return f"It recovered {took_s:.0f} s after the load had fallen to {sustained:.3g} users."


def _sustained_rps(held: Sequence[Point]) -> float:
    """Return the greatest throughput of consecutive points that last ``SUSTAINED_S``; of a window where none do."""
    found, run = 0.0, list[Point]()
    for point in held:
        if run and point.start_s - run[-1].end_s > 0.01:
            run = []
        run.append(point)
        while _is_sustained(run[1:]):
            run.pop(0)
        if _is_sustained(run):
            found = max(found, sum(one.requests for one in run) / (run[-1].end_s - run[0].start_s))
    return found or max(point.window_rps for point in held)


def _is_sustained(run: Sequence[Point]) -> bool:
    return len(run) >= WINDOW and run[-1].end_s - run[0].start_s >= SUSTAINED_S


def _saturation(rising: Sequence[Point]) -> tuple[str, tuple[Figure, ...]]:
    """Return where the throughput stopped growing, as text and as figures; an empty text where it did not."""
    from slo.analysis import saturation  # NumPy: see slo.baseline.compare

    # What fails quickly is no throughput: a target that refuses requests would seem to grow.
    found = saturation.find([(one.users, one.rps * (1 - one.failed_ratio), one.end_s - one.start_s) for one in rising])
    if found is None:
        return "", ()
    (few, many), (low, high) = found.users_bounds, found.rps_bounds
    users = Figure("saturation.users", rounded(found.users), "users", rounded(few), rounded(many))
    rps = Figure("saturation.rps", rounded(found.rps), "rps", rounded(low), rounded(high))
    text = (
        f"at {show(users.value, 'users')} ({few:.3g} to {many:.3g}): {show(rps.value, 'rps')} "
        f"({low:.3g} to {high:.3g}) is what the target answers at most, whatever the users"
    )
    return text, (users, rps)


def _curve(rising: Sequence[Point]) -> tuple[tuple[str, ...], tuple[Figure, ...]]:
    """Return what the scalability law predicts from the throughput under the rising load."""
    from slo.analysis import usl  # NumPy: see slo.baseline.compare

    fit = usl.fit([(point.users, point.rps) for point in rising])
    if isinstance(fit, str):
        return (f"Throughput ceiling no answer: {fit}.",), ()
    law = fit.law
    said = (
        f"Scalability law: contention {law.contention:.3g} ({fit.contention[0]:.3g} to {fit.contention[1]:.3g}), "
        f"coherency {law.coherency:.3g} ({fit.coherency[0]:.3g} to {fit.coherency[1]:.3g}), {law.rate_rps:.3g} rps of "
        f"a lone user; its residuals are {fit.residual * 100:.0f} % of the throughput."
    )
    if fit.residual > usl.MAX_RESIDUAL:
        return (said + " That is a bad fit: read no ceiling from it.",), ()
    seen = max(point.window_rps for point in rising)
    if law.ceiling_rps > MAX_EXTRAPOLATION * seen:
        return (said, f"Throughput grew with the users up to {seen:.3g} rps: no ceiling in sight."), ()
    return (said, _ceiling(fit, rising, seen)), _figures(fit)


def _figures(fit: Fit) -> tuple[Figure, ...]:
    numbers = (
        ("ceiling.rps", fit.law.ceiling_rps, "rps", fit.ceiling_rps),
        ("ceiling.users", fit.law.peak_users, "users", fit.peak_users),
    )
    return tuple(
        Figure(name, rounded(value), unit, rounded(low), rounded(high))  # type: ignore[arg-type]
        for name, value, unit, (low, high) in numbers
        if value < 1e9 and high < 1e9
    )


def _ceiling(fit: Fit, rising: Sequence[Point], seen_rps: float) -> str:
    law, most = fit.law, max(point.users for point in rising)
    low, high = fit.ceiling_rps
    bounds = f"{low:.3g} to {high:.3g} rps" if high < 1e9 else f"at least {low:.3g} rps"
    peak = f" at {law.peak_users:.3g} users" if law.peak_users < 1e9 else ", approached and never passed"
    far = " (far beyond the users of this run: take it as a hint)" if 2 * most < law.peak_users < 1e9 else ""
    return f"Predicted throughput ceiling: {law.ceiling_rps:.3g} rps ({bounds}){peak}{far}; seen: {seen_rps:.3g} rps."
