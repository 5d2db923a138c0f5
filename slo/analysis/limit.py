"""The result of a search for the limit: the load that the target sustains, the first that it does not, and why.

Pure, from the record: the outcome of each step is judged again on all that was counted, and the search is repeated
with the outcomes as they were while it ran.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from slo.analysis import generator_health, outcome
from slo.analysis.finding import Figure, Finding, Trial, rounded
from slo.analysis.outcome import Outcome
from slo.analysis.timeline import users_between
from slo.load.search import MIN_RUNNING_SHARE, Search
from slo.load.search_record import SearchStep
from slo.metrics import percentile_interval
from slo.metrics.quantity import show
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies
from slo.objectives.objective import Objective
from slo.record.run import Run

NAME = "limit"
P95 = Fraction(95)


def find(run: Run, objectives: Sequence[Objective], groups: Mapping[str, tuple[str, ...]], judged_by: str) -> Finding:
    """Return the finding on the steps of ``run``; ``judged_by`` names the objectives they were judged by."""
    assert run.search is not None
    if not objectives:
        answer = "no answer: no objective bounds latency, errors or checks; add one with priority P0"
        return Finding(NAME, answer, False)
    search, trials = Search(run.search.start_users, run.search.max_users), []
    for step, cells in zip(run.search.items, run.step_tallies, strict=False):
        judged = outcome.outcome_of(cells, step.hold_s, objectives, groups)
        running = users_between(None, run.users, step.hold_ms / 1000, step.end_ms / 1000)
        judged = outcome.offered(judged, step.users, running)
        search.report(step.users, judged.held, judged.likely)
        trials.append(_trial(step, cells, judged, running, _busy(run, step)))
    return _finding(run, search, tuple(trials), judged_by)


def _trial(step: SearchStep, cells: Tallies, judged: Outcome, running: float, busy: bool) -> Trial:
    whole = Tally.merged(cells.values())
    latency, seconds = whole.latency, step.hold_s
    bounds = percentile_interval.of_percentile(latency, P95)
    first = judged.missed[0] if judged.missed else None
    return Trial(
        users=step.users,
        running=rounded(running),
        hold_s=step.hold_ms / 1000,
        end_s=step.end_ms / 1000,
        requests=whole.requests,
        rps=rounded(whole.requests / seconds),
        p95_ms=Fraction(latency.percentile(P95), 1000) if latency.total else None,
        low_ms=None if bounds.low_us is None else Fraction(bounds.low_us, 1000),
        high_ms=None if bounds.high_us is None else Fraction(bounds.high_us, 1000),
        failed_ratio=Fraction(whole.errors + whole.throttled, whole.requests) if whole.requests else None,
        outcome="unclear" if judged.held is None else "held" if judged.held else "failed",
        missed=first.objective if first else None,
        endpoint=first.endpoint if first else None,
        busy=busy,
    )


def _busy(run: Run, step: SearchStep) -> bool:
    """Return whether a process of ours was saturated while the step was held."""
    most = float(generator_health.BUSY_SHARE) * (step.end_ms - step.hold_ms)
    return any(
        sum(max(0, min(end, step.end_ms) - max(start, step.hold_ms)) for start, end in stats.busy) >= most
        for stats in run.process_stats.values()
    )


def _finding(run: Run, search: Search, trials: tuple[Trial, ...], judged_by: str) -> Finding:
    low, high = search.low, search.high
    if not trials:
        return Finding(
            NAME, "no answer: not one step was held to its end; give more time with --find-limit-time", False
        )
    more = (*_undecided(search, trials), *_generator_was_busy(trials, high))
    if not low:
        assert high is not None
        failed = _last(trials, high)
        figures = _below(failed)
        answer = f"not even {_users(high)}: {_reason(failed)}"
        answer += "" if high == 1 else f"; nothing less was {_reason_without_answer(run)}"
        return Finding(NAME, answer, True, figures, more, trials)
    borne = _last(trials, low)
    rps = rounded(_rps(trials, low))
    said = f"{_users(low)} and {show(rps, 'rps')}"
    if high is None:
        return Finding(
            NAME, _never_failed(run, search, said, judged_by), True, _above(search, trials, rps), more, trials
        )
    failed = _last(trials, high)
    figures = _between(search, trials, rps)
    answer = f"sustains {said}{_p95(borne)}, {judged_by} held; {_users(high)}: {_reason(failed)}"
    if search.next() is not None:
        answer += f"; between them nothing was {_reason_without_answer(run)}"
    return Finding(NAME, answer, True, figures, more, trials)


def _last(trials: Sequence[Trial], users: int) -> Trial:
    """Return the last step with this number of users, preferring clear outcomes."""
    return [one for one in trials if one.users == users][-1]


def _rps(trials: Sequence[Trial], users: int) -> float:
    """Return the requests per second over all steps with this number of users."""
    those = [one for one in trials if one.users == users]
    return sum(one.requests for one in those) / sum(one.end_s - one.hold_s for one in those)


def _confirmed_sentence(search: Search, trials: Sequence[Trial]) -> int:
    """Return the largest number of users up to the sustained one that held clearly; 0 where none did."""
    return max((one.users for one in trials if one.users <= search.low and search.confirmed(one.users)), default=0)


def _between(search: Search, trials: Sequence[Trial], rps: Fraction) -> tuple[Figure, ...]:
    """Return the figures where something failed: bounded by what held clearly, and by what failed clearly."""
    assert search.high is not None
    failing = [one for one in trials if one.users >= search.high and search.confirmed(one.users) and not one.busy]
    least, most = _confirmed_sentence(search, trials), min((one.users for one in failing), default=None)
    exact = search.confirmed(search.low) and most == search.high
    high = None if most is None else Fraction(most)
    slow = None if exact else rounded(_rps(trials, least)) if least else Fraction(0)
    return (
        Figure("capacity.users", Fraction(search.low), "users", Fraction(least), high, exact),
        Figure("capacity.rps", rps, "rps", slow, None, exact),
    )


def _above(search: Search, trials: Sequence[Trial], rps: Fraction) -> tuple[Figure, ...]:
    sure = _confirmed_sentence(search, trials)
    least = rounded(_rps(trials, sure)) if sure else Fraction(0)
    return (
        Figure("capacity.users", Fraction(search.low), "users", low=Fraction(sure), exact=False),
        Figure("capacity.rps", rps, "rps", low=least, exact=False),
    )


def _below(failed: Trial) -> tuple[Figure, ...]:
    users = Fraction(failed.users)
    return (
        Figure("capacity.users", users, "users", high=users, exact=False),
        Figure("capacity.rps", failed.rps, "rps", high=failed.rps, exact=False),
    )


def _never_failed(run: Run, search: Search, said: str, watched: str) -> str:
    assert run.search is not None
    held = f"never broke up to {said}: {watched} held"
    if search.low >= run.search.max_users:
        return f"{held}; raise -u, the most users that are tried, to find where it does"
    return f"{held}; more was not {_reason_without_answer(run)}"


def _reason_without_answer(run: Run) -> str:
    """Return why something was not tried, as the end of a sentence."""
    assert run.search is not None
    if run.ended.how != "completed":
        return "tried yet"
    return f"tried in {run.search.time_s:.0f} s: give more with --find-limit-time"


def _reason(failed: Trial) -> str:
    """Return why a step failed, as the end of a sentence."""
    if failed.outcome == "unclear" and failed.running < MIN_RUNNING_SHARE * failed.users:
        return f"only {_users(failed.running)} of them ran, the generator can start no more"
    if failed.missed is None:
        return "too few requests to tell"
    whom = f"'{failed.missed}' failed first" + (f", mostly at {failed.endpoint}" if failed.endpoint else "")
    return whom + _p95(failed) + (", too noisy to be sure" if failed.outcome == "unclear" else "")


def _p95(one: Trial) -> str:
    return "" if one.p95_ms is None else f" (p95 {show(one.p95_ms, 'ms')})"


def _users(count: int | Fraction) -> str:
    return "1 user" if count == 1 else show(count, "users")


def _undecided(search: Search, trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return the numbers of users without a clear step; not those below what held clearly."""
    least = _confirmed_sentence(search, trials)
    noisy = sorted({one.users for one in trials if one.users > least and not search.confirmed(one.users)})
    if not noisy:
        return ()
    listed = ", ".join(map(str, noisy))
    return (f"Undecided because of noise or too few requests at {listed} users: there the values alone decided.",)


def _generator_was_busy(trials: Sequence[Trial], high: int | None) -> tuple[str, ...]:
    if high is None or not _last(trials, high).busy:
        return ()
    return (
        f"At {high} users our own generator was busy: the limit may be its own, the target's at least what held. "
        f"{generator_health.REMEDY}",
    )
