"""The overall status of a run: the result of all objectives together, and what prevents a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from slo.analysis import findings, generator_health
from slo.analysis.finding import Finding
from slo.analysis.offered import short_stages, users_never_reached
from slo.analysis.silence import Silence
from slo.metrics import arrivals, quantity
from slo.record.run import Run
from slo.verdict.policy import Policy
from slo.verdict.result import RANK, Result, Status, worst_of

MAX_UNREPORTED_SHARE = Fraction(1, 1000)
"""Responses that were never reported, per request, for a pass without a warning."""
MAX_LATE_SHARE = Fraction(1, 100)
"""Share of the iterations of an open model that may begin late without a note."""


def overall(
    run: Run, results: Sequence[Result], found: Sequence[Finding], silence: Silence, policy: Policy
) -> tuple[Status, str]:
    """Return the status of the run and its reason, a sentence."""
    short = short_stages(run)
    prevented = _what_prevents(run, results, short, policy)
    if prevented:
        return "NO DATA", f"no verdict: {prevented}"
    status, reason = _status_of(run, results, found, short, policy)
    if silence.sentence:
        # Users who wait send nothing: few requests miss an objective, however long nobody is answered.
        doubt = generator_health.explains_silence(run, silence.longest_s)
        lowest: Status = "NO DATA" if doubt else "FAIL" if silence.silent_s else "WARNING"
        status = max(status, lowest, key=RANK.index)
        why = f", but our own generator could be why: {doubt.describe()}" if doubt else ""
        reason = f"{silence.sentence}{why}; {reason}"
    never = run.code.tasks.never_succeeded
    if never:
        # What it was to measure was not measured at all.
        names = ", ".join(never[:3]) + (f" and {len(never) - 3} more" if len(never) > 3 else "")
        what = [f"an exception ended every execution of {names}", run.code.exceptions.sentence()]
        reason = f"{': '.join(filter(None, what))}; {reason}"
        return max(status, "FAIL", key=RANK.index), reason
    untested = _what_was_not_tested(run, results) if status == "PASS" else ""
    return ("WARNING", f"{untested}; {reason}") if untested else (status, reason)


def _what_was_not_tested(run: Run, results: Sequence[Result]) -> str:
    """Return why a run that meets its objectives is no pass: a part of what it was to test was not; empty if not."""
    if run.code.unreported > MAX_UNREPORTED_SHARE * run.tally().requests and unreported_note(run):
        return unreported_note(run)
    if run.code.users_ended and short_stages(run):
        return f"{_users_that_ended(run)}, and {short_stages(run)[0]}"
    if run.code.exceptions and not any(_bounds_exceptions(result) for result in results):
        return run.code.exceptions.sentence()
    return users_never_reached(run)


def _users_that_ended(run: Run) -> str:
    count = run.code.users_ended
    return f"{count:,} users ended by themselves (StopUser)" if count != 1 else "1 user ended by itself (StopUser)"


def unreported_note(run: Run) -> str:
    """Return a sentence on the responses that were never reported; empty where there are none.

    In a run under way some are in their with-blocks now.
    """
    count = run.code.unreported
    if run.live or not count:
        return ""
    what = "1 response was" if count == 1 else f"{count:,} responses were"
    return (
        f"{what} never reported, and counted nowhere: a request with catch_response=True counts when its with-block "
        "ends (`with self.client.get(..., catch_response=True) as response:`)"
    )


def _bounds_exceptions(result: Result) -> bool:
    """Return whether an objective says how many exceptions are allowed."""
    return result.objective.indicator.kind == "exceptions" and result.status != "SKIPPED"


def _what_prevents(run: Run, results: Sequence[Result], short: Sequence[str], policy: Policy) -> str:
    """Return what prevents any verdict on the run; empty where nothing does.

    ``short`` are the stages that offered much less load than planned.
    """
    is_missed = any(one.status in ("FAIL", "CRITICAL") for one in results)
    # The locustfile may end a run because it missed something: that stays missed. What it met is not shown to be met.
    judged = run.ended.how in ("completed", "stopped", "aborted") or (run.ended.how == "quit" and is_missed)
    if not judged and not _is_allowed(run, policy):
        return f"the run {_describe_ending(run)}"
    if not run.tallies:
        return "no request was made"
    # In an open model arrivals do not wait for responses: a target that misses its objectives at less load than
    # requested has missed them; that it met them would prove nothing.
    missed = (run.ended.how == "quit" or bool(run.plan and run.plan.is_open)) and is_missed
    # Users that end by themselves are how the locustfile wants its load; what was measured is judged.
    if short and not missed and not run.code.users_ended and not policy.allow_incomplete:
        more = f" (and {len(short) - 1} more)" if len(short) > 1 else ""
        return f"the load was not offered: {short[0]}{more}"
    return ""


def _is_allowed(run: Run, policy: Policy) -> bool:
    """Return whether an incomplete run is to be judged all the same."""
    return run.ended.how in ("incomplete", "quit") and policy.allow_incomplete


def _status_of(
    run: Run, results: Sequence[Result], found: Sequence[Finding], short: Sequence[str], policy: Policy
) -> tuple[Status, str]:
    """Return the status of a run that can be judged, and its reason, by the objectives."""
    judged = [result for result in results if result.status != "SKIPPED"]
    if not judged and run.search is not None:
        return _search_status(found)
    if not judged:
        return "NO DATA", "no verdict: no objective fits this scenario"
    worst = worst_of(judged)
    count = sum(result.status == worst.status for result in judged)
    others = f" (and {count - 1} more)" if count > 1 else ""
    allowed = _is_allowed(run, policy) or run.ended.how == "quit"
    remarks = f"; judged although the run {_describe_ending(run)}" if allowed else ""
    remarks += f"; judged although {short[0]}" if short else ""
    remarks += f"; the run was aborted after {run.ended.at_s or 0:.0f} s" if run.ended.how == "aborted" else ""
    if worst.status == "PASS":
        return "PASS", f"all {len(judged)} objectives are met{remarks}"
    return worst.status, f"{worst.objective.name}: {worst.reason}{others}{remarks}"


def after_load_notes(run: Run) -> list[str]:
    """Return a sentence on the requests that were made when the load had ended."""
    count, failed = run.code.after_load, run.code.after_load_failed
    if not count:
        return []
    what = "1 request was" if count == 1 else f"{count:,} requests were"
    return [
        f"{what} made after the load, in listeners to test_stop or in on_stop ({failed:,} failed): they are in no "
        "figure of this run"
    ]


def late_arrival_notes(run: Run) -> list[str]:
    """Return a sentence when many iterations of an open model began late because no user was free for them."""
    found = arrivals.total_arrivals(run.arrivals.values())
    if not run.plan or found.late <= MAX_LATE_SHARE * found.due:
        return []
    users = max(stage.users_to for stage in run.plan.stages)
    share = quantity.show(Fraction(found.late, found.due), "ratio")
    return [
        f"{share} of the iterations began late, with {users} users to begin them; "
        "raise -u if users in their think time, and not the target, kept them busy"
    ]


def _search_status(found: Sequence[Finding]) -> tuple[Status, str]:
    """Return the status of a search without an objective on the capacity: a limit found is the requested answer."""
    figure, answer = findings.figure(found, "capacity.users"), "; ".join(one.answer for one in found)
    if figure is None or not figure.low:
        return "NO DATA", f"no verdict: {answer}"
    return "PASS", f"the limit: {answer}"


def _describe_ending(run: Run) -> str:
    texts = {
        "interrupted": "was interrupted",
        "refused": "was not started",
        "incomplete": "is incomplete",
        "quit": "ended early",
    }
    text = texts.get(run.ended.how, run.ended.how)
    return f"{text}: {run.ended.reason}" if run.ended.reason else text
