"""Whether our own processes could be why an objective is missed. Pure: from the run's record only.

Whatever the event loop does late is part of every latency: a response waits until its process reads it. docs/trust.md
describes the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from slo.analysis.endpoint_filter import matches
from slo.analysis.offered import offered_load
from slo.analysis.selection import Selection
from slo.metrics.histogram import Histogram
from slo.metrics.quantity import show
from slo.objectives.objective import Objective
from slo.record.process_stats import StageStats
from slo.record.run import Run

LAGS_PER_REQUEST = 3
"""How often one request waits for the event loop, at most: to connect, to send, to receive."""
BUSY_SHARE = Fraction(1, 10)
"""A process that is busy for so much of the time is saturated."""
MIN_LAG_MS = Fraction(10)
LAG_SHARE = Fraction(5, 100)
"""A lag is noticeable from ``MIN_LAG_MS`` on, and from this share of the bound it may move a value across."""
SHORT_LAG_MS = Fraction(100)
"""Only a lag longer than this affects a check or a connection."""
REMEDY = (
    "Give the generator more room and run again: more processes (`--processes N`), more workers on other machines "
    "(`--master`, `--worker`), a larger machine, or less work in the locustfile."
)


@dataclass(frozen=True)
class Condition:
    """The generator while an objective's stages lasted: each process that sent requests, by name."""

    processes: tuple[tuple[str, StageStats], ...]

    @property
    def busy(self) -> Fraction:
        """The largest share of the time that a process was busy."""
        return max((_share(strain) for _, strain in self.processes), default=Fraction(0))

    @property
    def saturated(self) -> bool:
        """Whether a process was busy too often."""
        return self.busy >= BUSY_SHARE

    def lag_ms(self, percent: Fraction) -> Fraction:
        """Return the worst process's percentile of the lag; 100 is the greatest lag."""
        return max((_lag_ms(strain.lag, percent) for _, strain in self.processes), default=Fraction(0))

    @property
    def mean_lag_ms(self) -> Fraction:
        """The worst process's mean lag."""
        lags = [strain.lag.mean() / 1000 for _, strain in self.processes if strain.lag.total]
        return max(lags, default=Fraction(0))

    def late_share(self, than_ms: Fraction) -> Fraction:
        """Return the largest share of the time in which a process's lag was longer than this."""
        return max((_late_share(strain.lag, than_ms) for _, strain in self.processes), default=Fraction(0))

    def describe(self) -> str:
        """Return how the worst process was."""
        name, strain = max(self.processes, key=lambda one: (_share(one[1]), one[1].lag.max_us))
        cpu = Fraction(strain.cpu_s).limit_denominator(10**6) / Fraction(strain.seconds).limit_denominator(10**6)
        wait = Fraction(strain.wait_s).limit_denominator(10**6) / Fraction(strain.seconds).limit_denominator(10**6)
        waited = f" and waited for one {show(min(wait, Fraction(1)), 'ratio')} of the time" if wait > BUSY_SHARE else ""
        busy = show(_share(strain), "ratio")
        # Of the lag the worst process may be another one than the one that was busy.
        return (
            f"{name} used {show(cpu, 'ratio')} of a core{waited}, was busy {busy} of the time, "
            f"and timers fired up to {show(self.lag_ms(Fraction(99)), 'ms')} late (p99; "
            f"at most {show(self.lag_ms(Fraction(100)), 'ms')})"
        )


def condition(run: Run, stages: tuple[str, ...] = ()) -> Condition | None:
    """Return the generator's condition in the stages that match ``stages``; None where nothing is recorded."""
    found = []
    for name, stats in run.process_stats.items():
        whole = StageStats()
        for stage, strain in stats.stages.items():
            if matches(stage, stages):
                whole.add(strain)
        if whole.lag.total and whole.seconds > 0:
            found.append((name, whole))
    return Condition(tuple(found)) if found else None


def problem_of(run: Run) -> Condition | None:
    """Return the generator's condition over the whole run if a process was saturated or very late, else None."""
    found = condition(run)
    return found if found is not None and (found.saturated or found.lag_ms(Fraction(99)) > SHORT_LAG_MS) else None


def notes(run: Run) -> Iterator[str]:
    """Yield a sentence if the generator had a problem over the run."""
    found = problem_of(run)
    if found is not None:
        yield f"the generator was busy: {found.describe()}; latencies are at most what was measured"


def could_explain(
    objective: Objective, value: Fraction, bound: Fraction, now: Fraction, selection: Selection, run: Run
) -> Condition | None:
    """Return the generator's condition if it could be why ``value`` misses ``bound``; else None.

    ``now`` is the indicator's own value, from which a change to the baseline was computed.
    """
    found = condition(run, objective.scope.stages)
    if found is None:
        return None
    if objective.against == "baseline":
        own = _value_without_generator(objective, now, now, selection, run, found)
        best = None if own is None else _change(objective, value, now, own)
    else:
        best = _value_without_generator(objective, value, bound, selection, run, found)
    if best is None or best == value:
        return None
    if best == bound:
        return found if objective.against == "target" and bound == objective.indicator.best else None
    return found if (best < bound) == (objective.direction == "lower") else None


def _value_without_generator(
    objective: Objective, value: Fraction, bound: Fraction, selection: Selection, run: Run, found: Condition
) -> Fraction | None:
    """Return what the indicator may have been without the generator's part in it; None where it has no part."""
    kind = objective.indicator.kind
    if kind == "latency":
        return _latency_without_generator(objective, value, bound, found)
    if kind in ("throughput", "requests"):
        return _count_without_generator(objective, value, run, found)
    hurt = min(Fraction(1), LAGS_PER_REQUEST * found.late_share(SHORT_LAG_MS) + (found.busy if found.saturated else 0))
    if kind == "dropped":
        return Fraction(0) if found.saturated else None  # a user that waits for us is not free
    if kind == "checks":
        return min(Fraction(1), value + hurt)
    if kind in ("errors", "unanswered"):
        # A response with a status comes from the target, however late we read it; so does a refused connection.
        tally = selection.tally
        silent = lost = tally.never_answered.total
        if kind == "errors":
            ours = (n for text, n in tally.failures.items() if not text.startswith(("HTTP ", "connection refused")))
            silent += sum(ours)
        return value - min(hurt, Fraction(silent, tally.requests + lost))
    return None


def explains_silence(run: Run, seconds: float) -> Condition | None:
    """Return the generator's condition if it could be why nobody was answered for so long; else None.

    A response waits until its process reads it: one that stood still for half of that time may have had the answers.
    """
    found = problem_of(run)
    return found if found is not None and found.lag_ms(Fraction(100)) >= seconds * 1000 / 2 else None


def _change(objective: Objective, worse: Fraction, now: Fraction, own: Fraction) -> Fraction:
    """Return how much worse than the baseline it would be at ``own`` instead of ``now``."""
    if objective.indicator.unit == "ratio":
        return worse - abs(own - now)
    if not now:
        return worse
    return (1 + worse) * own / now - 1 if objective.indicator.direction == "lower" else 1 - (1 - worse) * own / now


def _latency_without_generator(
    objective: Objective, value: Fraction, bound: Fraction, found: Condition
) -> Fraction | None:
    percentile, noticeable_ms = objective.indicator.percentile, max(MIN_LAG_MS, LAG_SHARE * bound)
    if objective.indicator.statistic == "mean":
        lag_ms = found.mean_lag_ms
    else:
        # Each of a request's waits may be the longest: the lag's percentile moves outwards accordingly.
        lag_ms = found.lag_ms(100 - (100 - (Fraction(100) if percentile is None else percentile)) / LAGS_PER_REQUEST)
    if not found.saturated and lag_ms <= noticeable_ms:
        return None
    return max(Fraction(0), value - LAGS_PER_REQUEST * lag_ms)


def _count_without_generator(objective: Objective, value: Fraction, run: Run, found: Condition) -> Fraction | None:
    """Return how much there would be of what more is better, had no request waited for us."""
    if found.saturated:
        return value * 10**6  # what a process that is never idle could have sent is not to be known
    users = (one.achieved for one in offered_load(run) if matches(one.stage, objective.scope.stages))
    user_ms = Fraction(sum(users)).limit_denominator(1000) * 1000
    # Of all requests: those of one endpoint take an unknown part of their users' time.
    requests = run.tally(stage=lambda name: matches(name, objective.scope.stages)).requests
    if not user_ms or not requests or found.mean_lag_ms <= MIN_LAG_MS / LAGS_PER_REQUEST:
        return None
    cycle_ms = user_ms / requests
    own_ms = min(LAGS_PER_REQUEST * found.mean_lag_ms, cycle_ms * Fraction(999, 1000))
    return value * cycle_ms / (cycle_ms - own_ms) if own_ms > LAG_SHARE * cycle_ms else None


def _share(strain: StageStats) -> Fraction:
    return min(Fraction(1), Fraction(strain.busy_s / strain.seconds).limit_denominator(10**6))


def _lag_ms(lag: Histogram, percent: Fraction) -> Fraction:
    return Fraction(lag.max_us if percent == 100 else lag.percentile(percent), 1000) if lag.total else Fraction(0)


def _late_share(lag: Histogram, than_ms: Fraction) -> Fraction:
    if not lag.total:
        return Fraction(0)
    return Fraction(sum(count for value_us, count in lag.steps() if value_us > than_ms * 1000), lag.total)
