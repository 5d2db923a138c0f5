"""The cells that every table of a report shows, as text with units."""

from __future__ import annotations

from fractions import Fraction

from slo.analysis.finding import Finding, Trial
from slo.analysis.offered import offered_load
from slo.baseline import wording
from slo.baseline.compare import NotComparable
from slo.load.search import MIN_RUNNING_SHARE
from slo.metrics import arrivals
from slo.metrics.arrivals import LATE_MS
from slo.metrics.quantity import show, write
from slo.metrics.tally import Since, Tally
from slo.record.process_stats import ProcessStats
from slo.record.run import Run
from slo.record.slowest import MAX_PER_ENDPOINT as MOST_SLOW
from slo.verdict.result import Result
from slo.verdict.saved_runs import Row
from slo.verdict.verdict import Verdict

OBJECTIVE_HEAD = (
    "objective",
    "status",
    "value",
    "95 % interval",
    "target",
    "warning",
    "deviation",
    "priority",
)
PROCESS_HEAD = ("process", "sends requests", "CPU", "without a core", "busy", "lag p50", "lag p99", "lag max")
WORKER_HEAD = ("worker", "requests counted", "requests received", "complete", "joined at", "not heard of")
COMPARE_HEAD = ("endpoint", "indicator", "A", "B", "change", "95 % interval", "seen")
_SINCE: tuple[Since, Since] = ("intended", "sent")
TRIAL_HEAD = (
    "step",
    "users",
    "from",
    "held for",
    "throughput",
    "p95",
    "95 % interval",
    "failed",
    "outcome",
    "past its target",
)
SLOW_HEAD = ("endpoint", "latency", "outcome", "stage", "at", "trace")
"""The last column is a trace's id."""
ENDPOINT_HEAD = ("endpoint", "requests", "failed", "throttled", "mean", "p50", "p95", "p99", "max")


def headline(verdict: Verdict) -> str:
    """Return what was tested: scenario, target, requests, time."""
    name = f"scenario {verdict.scenario}" if verdict.scenario else "run"
    count = show(Fraction(verdict.requests), "count")
    return f"{name} against {verdict.target.headline()}: {count} requests in {verdict.duration_s:.1f} s"


def sentence(verdict: Verdict) -> str:
    """Return the verdict and its reason in one sentence."""
    return f"{verdict.status}: {verdict.reason}"


def scale_sentence(run: Run) -> str:
    """Return a sentence when the plan was compressed or its users multiplied, else an empty text."""
    if not run.plan or (run.plan.time_scale == 1 and run.plan.user_scale == 1):
        return ""
    return (
        f"The plan ran at {run.plan.time_scale:g} of its time and {run.plan.user_scale:g} of its users: "
        "a rehearsal, not the reference load."
    )


def arrivals_sentence(run: Run) -> str:
    """Return a sentence on the arrivals of an open model, else an empty text."""
    if not run.plan or not run.plan.is_open:
        return ""
    started, late, dropped = (
        show(Fraction(number), "count") for number in arrivals.total_arrivals(run.arrivals.values())
    )
    planned = show(Fraction(round(sum(one.planned or 0 for one in offered_load(run)))), "count")
    said = f"{planned} iterations were to begin at rates of their own: {started} did, {late} of them more than "
    said += f"{LATE_MS:g} ms late, and {dropped} were dropped"
    tally = run.tally()
    if not tally.planned:
        return f"{said}."
    due, sent = (Fraction(tally.latency_of("all", since).percentile(95), 1000) for since in _SINCE)
    return f"{said}. P95 is {show(due, 'ms')} from the intended start, {show(sent, 'ms')} from when requests were sent."


def objective(result: Result) -> tuple[str, ...]:
    """Return the cells of one objective, in the order of ``OBJECTIVE_HEAD``."""
    unit, sign = (
        result.objective.unit,
        "<" if result.objective.direction == "lower" else ">",
    )
    warning, warmup_s = result.objective.warning, result.objective.scope.warmup_s
    after = f" after {write(warmup_s, 's')}" if warmup_s else ""
    return (
        result.objective.name,
        result.status,
        _value(result),
        _interval(result),
        f"{sign} {show(result.objective.target, unit)}{after}",
        "-" if warning is None else f"{sign} {show(warning, unit)}",
        "-" if result.deviation is None else f"{float(result.deviation) * 100:+.1f} %",
        result.objective.priority,
    )


def _value(result: Result) -> str:
    """Return the value of an objective, with what limits it."""
    return result.value_shown + " (low confidence)" * result.low_confidence


def finding(one: Finding) -> str:
    """Return a finding as one sentence, under its name."""
    return f"{one.name}: {one.answer}"


def trials(verdict: Verdict) -> list[tuple[str, ...]]:
    """Return the cells of every step of a search for the limit, in the order of ``TRIAL_HEAD``."""
    return [_trial(number, one) for finding in verdict.findings for number, one in enumerate(finding.trials, 1)]


def trial_lines(one: Finding) -> list[str]:
    """Return every step of a search for the limit as a line, for reports without room for a table."""
    found = []
    for number, trial in enumerate(one.trials, 1):
        _, users, begin, held, rps, p95, interval, failed, outcome, why = _trial(number, trial)
        found.append(
            f"step {number}: {users} users, from {begin} for {held}, {rps}, p95 {p95} ({interval}), failed {failed}: "
            f"{outcome}{f', {why}' if why != '-' else ''}"
        )
    return found


def _trial(number: int, one: Trial) -> tuple[str, ...]:
    interval = [show(bound, "ms") if bound is not None else "?" for bound in (one.low_ms, one.high_ms)]
    why = [f"{one.missed}, mostly {one.endpoint}" if one.endpoint else one.missed] if one.missed else []
    why += [f"only {show(one.running, 'users')} ran"] if one.running < one.users * MIN_RUNNING_SHARE else []
    why += ["our generator was busy"] if one.busy else []
    return (
        str(number),
        str(one.users),
        f"{one.hold_s:.0f} s",
        f"{one.end_s - one.hold_s:.0f} s",
        show(one.rps, "rps"),
        "-" if one.p95_ms is None else show(one.p95_ms, "ms"),
        " to ".join(interval),
        "-" if one.failed_ratio is None else show(one.failed_ratio, "ratio"),
        one.outcome,
        "; ".join(why) or "-",
    )


def endpoints(run: Run) -> list[tuple[str, ...]]:
    """Return the cells of every endpoint and of all together, in the order of ``ENDPOINT_HEAD``."""
    rows = [_endpoint(name, run.tally(name.__eq__)) for name in run.endpoints]
    return [*rows, _endpoint("all", run.tally())] if rows else []


def checks(run: Run) -> list[tuple[str, ...]]:
    """Return name, passed, failed and pass rate of every check."""
    rows: list[tuple[str, ...]] = []
    for name, (passed, failed) in sorted(run.tally().checks.items()):
        rate = show(Fraction(passed, passed + failed), "ratio")
        rows.append((name, show(Fraction(passed), "count"), show(Fraction(failed), "count"), rate))
    return rows


def failures(run: Run) -> list[tuple[str, ...]]:
    """Return endpoint, failure kind and count, the most frequent first; 429 is named throttled."""
    return [(name, kind, show(Fraction(count), "count")) for count, name, kind in failure_counts(run)]


def failure_counts(run: Run) -> list[tuple[int, str, str]]:
    """Return count, endpoint and failure kind, the most frequent first; 429 is named throttled."""
    found: list[tuple[int, str, str]] = []
    for name in run.endpoints:
        tally = run.tally(name.__eq__)
        found += [(count, name, kind) for kind, count in tally.failures.items()]
        found += [(tally.throttled, name, "throttled (HTTP 429)")] if tally.throttled else []
    return sorted(found, reverse=True)


def slowest(run: Run) -> list[tuple[str, ...]]:
    """Return the cells of the slowest traced requests of each endpoint, in the order of ``SLOW_HEAD``."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for one in run.slowest:
        latency = show(Fraction(one.latency_ms).limit_denominator(1000), "ms")
        endpoint = run.endpoint_names.shown(one.endpoint)
        cells = (endpoint, latency, one.outcome, one.stage, f"{one.at_ms / 1000:.1f} s", one.trace_id)
        found.setdefault(endpoint, []).append(cells)
    return [cells for of_one in found.values() for cells in of_one[:MOST_SLOW]]


def workers(run: Run) -> list[tuple[str, ...]]:
    """Return the cells of every worker, in the order of ``WORKER_HEAD``."""
    found: list[tuple[str, ...]] = []
    for worker in run.workers:
        absent = ", ".join(f"{a:.1f} s to {'the end' if b is None else f'{b:.1f} s'}" for a, b in worker.absences)
        found.append(
            (
                worker.name,
                show(Fraction(worker.requests_sent), "count") if worker.finished else "?",
                show(Fraction(worker.requests_received), "count"),
                "yes" if worker.finished else "no",
                f"{worker.joined_s:.1f} s",
                absent or "-",
            )
        )
    return found


def processes(run: Run) -> list[tuple[str, ...]]:
    """Return the cells of every generator process, in the order of ``PROCESS_HEAD``; shares are of one core."""
    found: list[tuple[str, ...]] = []
    for process in run.generator.get("processes", ()):
        whole = ProcessStats.from_data(process).whole()
        cells = ["-"] * 6
        if whole.seconds > 0 and whole.lag.total:
            shares = (min(1.0, used / whole.seconds) for used in (whole.cpu_s, whole.wait_s, whole.busy_s))
            lags_us = (whole.lag.percentile(50), whole.lag.percentile(99), whole.lag.max_us)
            cells = [show(Fraction(share).limit_denominator(10**4), "ratio") for share in shares]
            cells += [show(Fraction(lag_us, 1000), "ms") for lag_us in lags_us]
        found.append((process["name"], "yes" if process["sends"] else "no", *cells))
    return found


def comparison(row: Row) -> tuple[str, ...]:
    """Return the cells of one indicator of two runs, in the order of ``COMPARE_HEAD``."""
    change, what = row.change, row.indicator
    if isinstance(change, NotComparable):
        return (row.endpoint, what.name, "-", "-", "-", "-", change.reason)
    seen = ("worse" if change.worse > 0 else "better") if change.is_real else "no change"
    interval = f"{wording.signed(change.low, what)} to {wording.signed(change.high, what)}"
    values = (show(change.before, what.unit), show(change.after, what.unit))
    return (row.endpoint, what.name, *values, wording.signed(change.worse, what), interval, seen)


def _interval(result: Result) -> str:
    if result.value is None or (result.low is None and result.high is None):
        return "-"
    unit = result.objective.unit
    low = "?" if result.low is None else show(result.low, unit)
    high = "?" if result.high is None else show(result.high, unit)
    return f"{low} to {high}"


def _endpoint(name: str, tally: Tally) -> tuple[str, ...]:
    histogram = tally.latency
    requests = Fraction(tally.requests)
    counts = (show(requests, "count"), _share(tally.errors, tally), _share(tally.throttled, tally))
    if not histogram.total:
        return (name, *counts, "-", "-", "-", "-", "-")
    percentiles = [histogram.percentile(percent) for percent in (50, 95, 99)]
    values = [histogram.mean(), *(Fraction(us) for us in (*percentiles, histogram.max_us))]
    return (name, *counts, *(show(value / 1000, "ms") for value in values))


def _share(count: int, tally: Tally) -> str:
    if not count:
        return "0"
    return f"{show(Fraction(count), 'count')} ({show(Fraction(count, tally.requests), 'ratio')})"
