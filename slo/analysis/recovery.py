"""Whether a target survives a burst, and how long after it the answers are again as they were before."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo.analysis.finding import Figure, Finding, rounded
from slo.analysis.timeline import Point
from slo.load.plan import Plan
from slo.metrics.histogram import Histogram
from slo.metrics.quantity import show
from slo.record.suite import Suite

NAME = "recovery"
STABLE_POINTS = 5
"""Points within the band that a recovery needs."""
RELAPSE_POINTS = 3
"""Consecutive points outside the band that count as a relapse."""
BAND = 2.0
"""The band extends to this multiple of the median p95 before the burst, and at least to the worst point there ..."""
MAX_FAILED_BEFORE = Fraction(1, 10)
"""Share of failed requests before the burst from which on there is no normal state to come back to."""
MIN_BAND_MS = 10.0
"""... and so much above that median: a p95 of few requests of a few milliseconds is noise."""


@dataclass(frozen=True)
class Burst:
    """When a burst begins, is over, and when what follows it ends, in seconds after the start."""

    start_s: float
    end_s: float
    until_s: float


def burst_of(plan: Plan) -> Burst | None:
    """Return the plan's burst: its highest stage, from the start of the rise to the end of the fall.

    None where the plan does not rise, fall and go on after it.
    """
    stages, ends = plan.stages, plan.ends()
    top = max((stage.load_to for stage in stages), default=0)
    first = next((n for n, stage in enumerate(stages) if stage.load_to == top), None)
    if first is None or stages[first].load_from >= top:
        return None
    last = max(n for n, stage in enumerate(stages) if stage.load_to == top)
    fall = last + 1
    while fall < len(stages) and stages[fall].load_to < stages[fall].load_from:
        if stages[fall].load_to == 0:
            return None
        fall += 1
    if fall in (last + 1, len(stages)):
        return None
    rest = next((n for n in range(fall, len(stages)) if stages[n].load_to < stages[n].load_from), len(stages))
    return Burst(ends[first] - stages[first].duration_s, ends[fall - 1], ends[rest - 1])


def find(points: Sequence[Point], plan: Plan | None, suite: Suite) -> Finding:
    """Return the finding on a burst; ``suite`` names the option that changes the time of the plan, for the advice."""
    burst = burst_of(plan) if plan else None
    if burst is None:
        return Finding(NAME, "no answer: the plan has no burst that falls to a load that goes on", False)
    since = [point for point in points if burst.start_s < point.end_s and point.start_s < burst.until_s]
    during = [point for point in points if burst.start_s < point.end_s and point.start_s < burst.end_s]
    after = [p for p in points if burst.end_s <= (p.start_s + p.end_s) / 2 and p.end_s <= burst.until_s + 0.5]
    said = (*_worst(during), *_throttled(since))
    # Users are still starting in a plan's first rise: only the second half of the time before the burst counts.
    before = [point for point in points if point.end_s <= burst.start_s + 0.01 and point.p95_ms is not None]
    known = [point for point in before if burst.start_s / 2 <= point.start_s] or before
    if not known or len(after) < STABLE_POINTS:
        few = "nothing was measured before the burst" if not known else "the run ended too soon after the burst"
        return Finding(
            NAME, f"no answer: {few}; a longer run would answer it{suite.hint('time_scale')}", False, (), said
        )
    broken = _broken_before(known)
    if broken:
        return Finding(NAME, f"no answer: broken from the start: {broken} before the burst", False, (), said)
    limit_ms, share = _band(known)
    outside_band = [not _is_within_band(point, limit_ms, share) for point in after]
    band = f"p95 below {show(rounded(limit_ms), 'ms')} and at most {show(rounded(share), 'ratio')} failed, as before it"
    return _finding(after, outside_band, burst, band, said)


def _broken_before(known: Sequence[Point]) -> str:
    """Return how the target was broken before the burst already, so that no recovery can be measured; empty if not."""
    asked, failed = sum(one.requests for one in known), sum(one.errors for one in known)
    if failed > MAX_FAILED_BEFORE * asked:
        return f"{show(Fraction(failed, asked), 'ratio')} of {asked:,} requests failed"
    judged = [point for point in known if point.judged]
    missed = [point for point in judged if point.missed]
    if judged and 2 * len(missed) > len(judged):
        return f"'{missed[-1].missed[0].objective}' was missed in {len(missed)} of {len(judged)} windows"
    return ""


def _band(before: Sequence[Point]) -> tuple[float, float]:
    levels = [point.p95_ms for point in before if point.p95_ms is not None]
    middle = statistics.median(levels)
    return max(BAND * middle, middle + MIN_BAND_MS, *levels), max(0.01, *(point.failed_ratio for point in before))


def _is_within_band(point: Point, limit_ms: float, share: float) -> bool:
    """Return whether a point is within the band; without a request it is not: its users wait for a response."""
    return point.p95_ms is not None and point.p95_ms <= limit_ms and point.failed_ratio <= share


def _finding(
    after: Sequence[Point], outside_band: Sequence[bool], burst: Burst, band: str, worst: tuple[str, ...]
) -> Finding:
    recovered_at = _index_of_recovery(outside_band)
    seen_s = after[-1].end_s - burst.end_s
    relapse = ""
    if recovered_at and not all(outside_band[:recovered_at]):
        relapse = " (well in between, but it did not stay)"
    if len(after) - recovered_at < STABLE_POINTS:
        least = rounded(max(0.0, seen_s - sum(point.end_s - point.start_s for point in after[recovered_at:])))
        figure = Figure("recovery.s", least, "s", low=least, exact=False)
        answer = f"did not recover for good in the {show(rounded(seen_s), 's')} seen after the burst ({band}){relapse}"
        return Finding(NAME, answer, True, (figure,), worst)
    # The recovery is somewhere within the last point outside the band; its end is the latest possible time.
    took_s = after[recovered_at - 1].end_s - burst.end_s if recovered_at else 0.0
    shortest_s = max(0.0, took_s - (after[0].end_s - after[0].start_s))
    figure = Figure("recovery.s", rounded(took_s), "s", rounded(shortest_s), rounded(took_s))
    if recovered_at:
        answer = (
            f"recovered within {show(rounded(took_s), 's')} of the end of the burst ({band}) and from then on{relapse}"
        )
    else:
        answer = f"recovered at once: within the band in the first second after the burst ({band}) and from then on"
    later_misses = sum(outside_band[recovered_at:])
    later = (
        f"{later_misses} of {len(after) - recovered_at} later points were outside the band, "
        f"never {RELAPSE_POINTS} in a row.",
    )
    said = (*worst, _later_misses(after[recovered_at:]), *(later if later_misses else ()))
    return Finding(NAME, answer, True, (figure,), said)


def _later_misses(after: Sequence[Point]) -> str:
    """Return how many requests succeeded after the recovery."""
    asked = sum(point.requests for point in after)
    bad = sum(point.errors + point.throttled for point in after)
    return f"After the recovery {show(rounded((asked - bad) / asked), 'ratio')} of {asked:,} requests succeeded."


def _index_of_recovery(outside_band: Sequence[bool]) -> int:
    """Return the index from which on the points are within the band, after the last relapse."""
    well_from = run = 0
    for number, bad in enumerate([*outside_band, False]):
        if bad:
            run += 1
            continue
        if run and (run == number or run >= RELAPSE_POINTS):
            well_from = number
        run = 0
    return well_from


def _worst(during: Sequence[Point]) -> tuple[str, ...]:
    """Say what the burst did at its worst, and how much was throttled."""
    asked = sum(point.requests for point in during)
    if not asked:
        return ("No request ended during the burst.",)
    p95 = max((point.p95_ms for point in during if point.p95_ms is not None), default=0.0)
    failed = max(point.failed_ratio for point in during)
    good = asked - sum(point.errors + point.throttled for point in during)
    return (
        f"During the burst: p95 at worst {show(rounded(p95), 'ms')}, failed at worst {show(rounded(failed), 'ratio')} "
        f"of a point's requests; {show(rounded(good / asked), 'ratio')} of {asked:,} requests succeeded.",
    )


def _throttled(since: Sequence[Point]) -> tuple[str, ...]:
    """Return how much was throttled since the burst began, which delays were named, and how the retries ended."""
    refused = sum(point.throttled for point in since)
    if not refused:
        return ()
    share = show(rounded(refused / sum(point.requests for point in since)), "ratio")
    said = f"From the burst on {refused:,} requests ({share}) were throttled (HTTP 429)"
    told = Histogram.merged(point.retry_after for point in since)
    if not told.total:
        return (f"{said}; none had Retry-After: clients cannot know when to retry.",)
    carried = "all" if told.total >= refused else f"{told.total:,} of them"
    wait = show(Fraction(told.percentile(50), 10**6), "s")
    return (f"{said}; {carried} had Retry-After (median {wait}); {_retries(since)}.",)


def _retries(since: Sequence[Point]) -> str:
    """Return how the next requests of throttled users ended."""
    through, again, failed, early = (
        sum(point.returns.get(outcome, 0) for point in since) for outcome in ("through", "again", "failed", "early")
    )
    waited = through + again + failed
    if not waited + early:
        return "no retry of these users was seen"
    others = f"{again:,} throttled again" if again else ""
    others += f"{', ' * bool(again)}{failed:,} failed otherwise" if failed else ""
    said = f"of {waited:,} that waited for the delay {through:,} succeeded" + (f" ({others})" if others else "")
    if not waited:
        said = "none was seen to wait for the delay"
    return f"{said}; {early:,} did not wait" if early else said
