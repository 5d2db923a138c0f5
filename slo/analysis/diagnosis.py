"""Advice on where to look when an objective is missed, made from what the run shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from slo.analysis import littles_law
from slo.analysis.finding import rounded
from slo.analysis.offered import unreached_stages
from slo.analysis.selection import Selection
from slo.metrics.histogram import Histogram, bucket_bounds
from slo.metrics.quantity import show
from slo.metrics.tally import Tally
from slo.objectives.objective import Objective
from slo.record.run import Run
from slo.record.suite import Suite

MAX_SENTENCES = 3
"""Kinds, checks or endpoints named in one sentence."""


def advise(run: Run, objective: Objective, selection: Selection) -> list[str]:
    """Return sentences on which endpoints, stages and failures made ``objective`` miss its bound."""
    kind = objective.indicator.kind
    if kind == "latency":
        return [
            *_slow_endpoints(objective, selection),
            *_slow_since_stage(objective, selection),
            *_traces(run, objective, selection),
            *_refused_connections(selection),
        ]
    if kind == "errors":
        return [
            *_failures(selection),
            *_never_right(run, selection),
            *_errors_since(selection),
            *_dependency(selection),
            *_refused_connections(selection),
        ]
    if kind == "throttled":
        return _refused_connections(selection)
    if kind == "checks":
        return _checks(objective, selection)
    if kind == "dropped":
        return _dropped(run, selection)
    return _low_load(run, objective, selection)


def _dropped(run: Run, selection: Selection) -> list[str]:
    most = max((stage.users_to for stage in run.plan.stages), default=0) if run.plan else 0
    answered = selection.tally.latency
    typical = f" Half of the answers took longer than {show(Fraction(answered.percentile(50), 1000), 'ms')}." * bool(
        answered.total
    )
    return [
        f"All {show(Fraction(most), 'count')} users were busy for more than 10 s when {selection.arrivals.dropped} of "
        f"{show(Fraction(selection.arrivals.due), 'count')} arrived.{typical} If the target is meant to have more "
        "guests at once than that, raise -u."
    ]


@dataclass(frozen=True)
class Origin:
    """Where a miss comes from: its first stage, and the endpoint with the largest part; None: unknown."""

    stage: str | None = None
    endpoint: str | None = None


def origin(objective: Objective, selection: Selection) -> Origin:
    """Return the stage since which ``objective`` is past its target, and the endpoint with at least half of it.

    A stage is named only where an earlier one met the target, an endpoint only among several.
    """
    if objective.against == "baseline":
        return Origin()
    if objective.indicator.kind == "latency":
        first, values = _first_stage_past_target(objective, selection)
        return Origin(values[first][0] if first else None, _largest(_slow_sentences(objective, selection)))
    kind, by_endpoint = objective.indicator.kind, selection.by_endpoint()
    if kind == "errors":
        number, stage = next(((n, s) for n, (s, t) in enumerate(selection.by_stage().items()) if t.errors), (0, ""))
        return Origin(stage if number else None, _largest({e: t.errors for e, t in by_endpoint.items()}))
    if kind == "throttled":
        return Origin(None, _largest({e: t.throttled for e, t in by_endpoint.items()}))
    if kind == "checks":
        return Origin(None, _largest({e: _failed_checks(objective, t) for e, t in by_endpoint.items()}))
    return Origin()


def _largest(counts: Mapping[str, int]) -> str | None:
    """Return the name with at least half of all counts; None where there is one name, or no such name."""
    most = min(counts, key=lambda name: (-counts[name], name), default=None)
    if most is None or len(counts) < 2 or not counts[most] or counts[most] * 2 < sum(counts.values()):
        return None
    return most


def _failed_checks(objective: Objective, tally: Tally) -> int:
    return sum(failed for name, (_, failed) in tally.checks.items() if objective.check in (None, name))


def slower_than(histogram: Histogram, limit_us: Fraction) -> int:
    """Return how many samples are in buckets that extend beyond ``limit_us`` microseconds."""
    return sum(count for index, count in histogram.counts.items() if bucket_bounds(index)[1] > limit_us)


def _slow_endpoints(objective: Objective, selection: Selection) -> list[str]:
    """Name the endpoints that have most of the requests slower than the bound."""
    bound = objective.bound
    slow = _slow_sentences(objective, selection)
    whole = sum(slow.values())
    if not whole or len(slow) < 2:
        return []
    parts = []
    for endpoint, count in sorted(slow.items(), key=lambda item: (-item[1], item[0]))[:MAX_SENTENCES]:
        if count * 10 < whole:
            break
        own = selection.by_endpoint()[endpoint].latency_of(objective.of, objective.since)
        p95 = show(Fraction(own.percentile(95), 1000), "ms")
        parts.append(f"{endpoint} has {show(Fraction(count, whole), 'ratio')} of them (its own p95 is {p95})")
    return [f"{show(Fraction(whole), 'count')} requests took longer than {show(bound, 'ms')}: {', '.join(parts)}."]


def _slow_sentences(objective: Objective, selection: Selection) -> dict[str, int]:
    """Return how many requests of each endpoint were slower than the bound."""
    limit_us = objective.bound * 1000
    return {
        endpoint: slower_than(tally.latency_of(objective.of, objective.since), limit_us)
        for endpoint, tally in selection.by_endpoint().items()
    }


def _first_stage_past_target(
    objective: Objective, selection: Selection
) -> tuple[int | None, list[tuple[str, Fraction]]]:
    """Return which stage is the first past the bound, and every stage's value in milliseconds."""
    values = []
    for stage, tally in selection.by_stage().items():
        histogram = tally.latency_of(objective.of, objective.since)
        if histogram.total:
            values.append((stage, Fraction(objective.indicator.latency_us(histogram), 1000)))
    first = next((number for number, (_, value) in enumerate(values) if value >= objective.bound), None)
    return first, values


def _slow_since_stage(objective: Objective, selection: Selection) -> list[str]:
    """Name the first stage from which the latency stays past the bound."""
    first, values = _first_stage_past_target(objective, selection)
    if len(values) < 2:
        return []
    bound = objective.bound
    unit = objective.indicator.statistic
    if first is None:
        return [f"No stage alone is past the bound; the stages' {unit} add up to it."]
    stage, value = values[first]
    before = f"; before it the worst stage had {show(max(v for _, v in values[:first]), 'ms')}" if first else ""
    return [f"Past {show(bound, 'ms')} since stage '{stage}' ({unit} {show(value, 'ms')}){before}."]


def _traces(run: Run, objective: Objective, selection: Selection) -> list[str]:
    """Name the traces of the slowest requests that ``objective`` selects; ``run`` begins after its warm-up."""
    found = [
        one
        for one in run.slowest
        if (run.endpoint_names.shown(one.endpoint), one.stage) in selection.cells
        and one.at_ms >= run.since_s * 1000
        and objective.of in ("all", "failed" if one.failure else "ok")
    ]
    return [
        f"Trace {one.trace_id}: {show(Fraction(one.latency_ms).limit_denominator(1000), 'ms')} at "
        f"{run.endpoint_names.shown(one.endpoint)}, "
        f"{one.at_ms / 1000:.1f} s into the run ({one.outcome})."
        for one in found[:MAX_SENTENCES]
    ]


def _failures(selection: Selection) -> list[str]:
    """Name the most frequent failures with their endpoints."""
    found: list[tuple[int, str, str]] = []
    for endpoint, tally in selection.by_endpoint().items():
        found += [(count, kind, endpoint) for kind, count in tally.failures.items()]
    if not found:
        return []
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    parts = [f"{show(Fraction(n), 'count')} x {kind} from {endpoint}" for n, kind, endpoint in found[:MAX_SENTENCES]]
    more = f", and {len(found) - MAX_SENTENCES} more kinds" if len(found) > MAX_SENTENCES else ""
    return [f"Failures: {', '.join(parts)}{more}."]


def _never_right(run: Run, selection: Selection) -> list[str]:
    """Name endpoints of which every answer says that the request itself is wrong: its path, or its secret."""
    suite = Suite.of_options(run.options)
    found = []
    for codes, remedy in (
        (("HTTP 404", "HTTP 405"), f"the target has another path or method{suite.hint('endpoints')}"),
        (("HTTP 401", "HTTP 403"), f"a secret is missing or wrong{_listed(suite.secrets)}"),
    ):
        names = [
            endpoint
            for endpoint, tally in selection.by_endpoint().items()
            if tally.requests and sum(tally.failures.get(code, 0) for code in codes) == tally.requests
        ]
        if names:
            more = f" and {len(names) - MAX_SENTENCES} more" if len(names) > MAX_SENTENCES else ""
            first = ", ".join(names[:MAX_SENTENCES])
            found.append(f"Every request to {first}{more} was answered {' or '.join(codes)}: {remedy}.")
    return found


def _listed(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _errors_since(selection: Selection) -> list[str]:
    """Name the first stage with errors, if earlier ones had none."""
    stages = list(selection.by_stage().items())
    for number, (stage, tally) in enumerate(stages if len(stages) > 1 else []):
        if tally.errors:
            share = show(Fraction(tally.errors, tally.requests), "ratio")
            before = "; none before it" if number else ", the first one"
            return [f"The first errors came in stage '{stage}' ({share} of its requests){before}."]
    return []


def _dependency(selection: Selection) -> list[str]:
    """Report that some endpoints answer 503 while others succeed: a dependency or its circuit breaker."""
    unwell: list[str] = []
    well: list[str] = []
    for endpoint, tally in selection.by_endpoint().items():
        (unwell if tally.failures.get("HTTP 503") else well).append(endpoint)
    if not unwell or not well:
        return []
    return [
        f"Only {', '.join(unwell)} answered 503 while {', '.join(well[:MAX_SENTENCES])} did not: look at what those "
        "depend on (an open circuit breaker, or a service behind the API that is down)."
    ]


def _refused_connections(selection: Selection) -> list[str]:
    """Say how much the rate limiter refused, and where most."""
    throttled = {e: t.throttled for e, t in selection.by_endpoint().items() if t.throttled}
    if not throttled:
        return []
    whole = sum(throttled.values())
    most = max(sorted(throttled), key=lambda endpoint: throttled[endpoint])
    share = show(Fraction(whole, selection.tally.requests), "ratio")
    return [
        f"{show(Fraction(whole), 'count')} requests ({share}) were refused with 429, most of them "
        f"{most}: the rate limiter acted; it allows less than this load requests."
    ]


def _checks(objective: Objective, selection: Selection) -> list[str]:
    """Name the checks that failed most, with their endpoints."""
    found: list[tuple[int, int, str, str]] = []
    for endpoint, tally in selection.by_endpoint().items():
        for name, (passed, failed) in tally.checks.items():
            if failed and objective.check in (None, name):
                found.append((failed, passed + failed, name, endpoint))
    found.sort(key=lambda item: (-item[0], item[2], item[3]))
    return [
        f"Check '{name}' failed {failed} of {made} times at {endpoint}."
        for failed, made, name, endpoint in found[:MAX_SENTENCES]
    ]


def _low_load(run: Run, objective: Objective, selection: Selection) -> list[str]:
    """Say whether the target or the offered load held the throughput down (Little's law)."""
    sentences = list(unreached_stages(run))
    if not objective.scope.has_all_endpoints or (run.plan and run.plan.is_open):
        return sentences
    time = littles_law.of(run, objective.scope.stages)
    if time.user_s <= 0:
        return sentences
    possible, bound = time.rps_without_waiting, objective.bound
    share = show(Fraction(min(1.0, time.busy)).limit_denominator(1000), "ratio")
    waited = f"Users waited for answers {share} of the time"
    if possible is None:
        sentences.append(f"{waited}: the target's latency held it down.")
    elif possible <= bound:
        hint = Suite.of_options(run.options).hint("user_scale")
        sentences.append(
            f"{waited}. If the target answered at once, they would make {show(rounded(possible), 'rps')}: the load "
            f"offered, not the target, set the throughput. More users would raise it{hint}."
        )
    else:
        sentences.append(
            f"{waited}: the target's latency held it down. If it answered at once, the same users would make "
            f"{show(rounded(possible), 'rps')}."
        )
    return [*sentences, *_refused_connections(selection)]
