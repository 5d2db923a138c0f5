"""The limit that a search found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies, TallyTable
from slo.record.run import Run
from slo.record.run_counts import LiveCounts, RunCounts
from slo.reports import junit
from slo.verdict.judge import judge
from tests.support.made import demanding
from tests.support.searched import FOUND, HOLD_S, QUICK, bounds, limit_of, searched


def test_the_limit_is_what_held_below_what_failed() -> None:
    one = limit_of(searched(FOUND))
    assert one.name == "limit"
    assert bounds(one, "capacity.users") == (18, 18, 19, True)
    assert bounds(one, "capacity.rps") == (180, None, None, True)
    assert one.answer == (
        "sustains 18 users and 180 rps (p95 150 ms), all 2 objectives of P0 held; "
        "19 users: 'quick' failed first, mostly at a (p95 260 ms)"
    )
    assert [(trial.users, trial.outcome) for trial in one.trials] == [
        (users, "held" if latency < 200 else "failed") for users, latency in FOUND
    ]


def test_only_what_was_held_counts_not_what_settled() -> None:
    """The second before each hold had latencies of 5 s."""
    (trial, *_) = limit_of(searched(FOUND)).trials
    assert trial.requests == 8 * 10 * HOLD_S
    assert trial.p95_ms == pytest.approx(100, rel=0.001)
    assert (trial.hold_s, trial.end_s) == (1, 6)


def test_what_failed_first_is_named_with_its_endpoint() -> None:
    steps = [(users, 100.0) for users, _ in FOUND if users < 19] + [(20, 100.0), (19, 100.0), (20, 100.0), (19, 100.0)]
    one = limit_of(searched(steps, failing=20))
    assert "20 users: 'errors' failed first, mostly at b" in one.answer
    assert [trial.missed for trial in one.trials if trial.users == 20] == ["errors", "errors"]


def test_few_failures_are_no_proof_and_many_are() -> None:
    """Where 1 % may fail, 5 of 1,005 hold, 15 of 1,015 may be chance (8 %), and 50 of 1,050 are none."""
    steps = ((20, 100.0),) * 2
    for failing, each, outcome in ((1, 10, "held"), (3, 10, "unclear"), (10, 10, "failed")):
        found = {trial.outcome for trial in limit_of(searched(steps, most=20, each=each, failing=failing)).trials}
        assert found == {outcome}, failing


def test_a_search_that_broke_nothing_knows_a_lower_bound() -> None:
    one = limit_of(searched(((1, 100), (2, 100), (4, 100), (4, 100)), most=4))
    assert bounds(one, "capacity.users") == (4, 4, None, False)
    assert one.answer.startswith("never broke up to 4 users and 40 rps")
    assert "raise -u" in one.answer


def test_a_search_whose_time_was_over_says_so() -> None:
    rising = limit_of(searched(((1, 100), (2, 100), (4, 100))))
    assert "more was not tried in 600 s: give more with --find-limit-time" in rising.answer
    between = limit_of(searched(((1, 100), (2, 100), (4, 100), (8, 300))))
    assert bounds(between, "capacity.users") == (4, 4, 8, True)
    assert "between them nothing was tried in 600 s" in between.answer


def test_a_target_that_bears_nobody_fails() -> None:
    run = searched(((4, 300), (2, 300), (1, 300)))
    outcome = judge(run, demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (1, None, 1, False)
    assert outcome.findings[0].answer.startswith("not even 1 user: 'quick' failed first")
    assert (outcome.status, outcome.exit_code) == ("CRITICAL", 2)
    assert outcome.reason == "quick: missed with 1 user already"
    assert "<failure" in junit.render(run, outcome)


def test_a_search_that_began_too_high_and_had_no_time_to_go_down_has_no_verdict() -> None:
    outcome = judge(searched(((50, 300), (25, 300))), demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (25, None, 25, False)
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)
    assert "nothing less was tried in 600 s" in outcome.reason


def test_a_hiccup_that_was_tried_again_is_not_the_limit() -> None:
    one = limit_of(
        searched(((1, 100), (2, 300), (1, 100), (2, 100), (4, 100), (8, 300), (6, 100), (7, 100), (8, 300), (7, 100)))
    )
    assert bounds(one, "capacity.users")[:3] == (7, 7, 8)


def with_steps(run: Run, steps: Sequence[Tallies]) -> Run:
    """Return the run with other counts of its steps."""
    return replace(run, live=LiveCounts(RunCounts(run.tallies, run.arrivals), {}, [TallyTable(one) for one in steps]))


def test_too_few_requests_are_told_and_bound_what_is_known() -> None:
    """19 users with one request a second: 95 samples near the target; 18 and below are clear."""
    noisy = [*[(n, ms) for n, ms in FOUND if n != 19], (19, 150.0)]
    run = searched(noisy)
    odd = next(n for n, step in enumerate(run.search.items) if step.users == 19) if run.search else 0
    cells = [dict(one) for one in run.step_tallies]
    cells[odd] = {}
    run = with_steps(run, cells)
    one = limit_of(run)
    assert one.trials[odd].outcome == "unclear"
    assert bounds(one, "capacity.users") == (18, 18, 20, False)
    assert any("at 19 users" in detail for detail in one.details)


def test_what_is_unclear_below_what_held_is_no_matter() -> None:
    run, few = searched(FOUND), Tally()
    few.ok.record_all([100_000] * 10)
    run = with_steps(run, [{("a", "run"): few}, *run.step_tallies[1:]])
    one = limit_of(run)
    assert (one.trials[0].users, one.trials[0].outcome) == (8, "unclear")
    assert one.details == ()


def test_a_search_of_which_nothing_is_clear_has_no_verdict() -> None:
    run, few = searched(((1, 100), (1, 100)), most=1), Tally()
    few.ok.record_all([100_000] * 10)
    run = with_steps(run, [{("a", "run"): few}] * 2)
    outcome = judge(run, demanding(QUICK))
    assert bounds(outcome.findings[0], "capacity.users") == (1, 0, None, False)
    assert (outcome.status, outcome.exit_code) == ("NO DATA", 3)


def test_one_user_of_whom_nothing_is_clear_is_no_miss() -> None:
    """11 requests, one of them slow: the p95 is past its target, and its interval is not."""
    run, tally = searched(((1, 300), (1, 300))), Tally()
    tally.ok.record_all([100_000] * 10 + [300_000])
    run = with_steps(run, [{("a", "run"): tally}] * 2)
    outcome = judge(run, demanding(QUICK))
    assert [trial.outcome for trial in outcome.findings[0].trials] == ["unclear", "unclear"]
    assert (outcome.status, outcome.results[0].status) == ("NO DATA", "SKIPPED")
    assert "too noisy to be sure" in outcome.reason


def test_a_step_without_its_users_proves_nothing() -> None:
    run = searched(((1, 100), (2, 100), (4, 100), (4, 100)), most=4)
    few = tuple(replace(sample, achieved=min(sample.achieved, 2)) for sample in run.users)
    one = limit_of(replace(run, users=few))
    assert bounds(one, "capacity.users")[0] == 2
    assert "only 2 users of them ran" in one.answer


def busy_at(run: Run, users: int) -> Run:
    assert run.search is not None
    spans = [[step.hold_ms, step.end_ms] for step in run.search.items if step.users == users]
    process = {"name": "this process", "sends": True, "stages": {}, "busy": spans}
    return replace(run, generator={"processes": [process]})


def test_a_limit_that_may_be_our_own_is_a_lower_bound() -> None:
    one = limit_of(busy_at(searched(FOUND), 19))
    assert bounds(one, "capacity.users") == (18, 18, 20, False)
    assert any("our own generator was busy" in detail for detail in one.details)
    assert [trial.users for trial in one.trials if trial.busy] == [19]


def test_other_objectives_find_another_limit_in_the_same_record() -> None:
    run = searched(FOUND)
    assert bounds(limit_of(run), "capacity.users")[0] == 18
    assert bounds(limit_of(run, QUICK.replace("200 ms", "120 ms")), "capacity.users")[:3] == (8, 8, 16)


def test_the_p95_of_a_step_comes_with_its_interval() -> None:
    (trial, *_) = limit_of(searched(FOUND)).trials
    assert trial.low_ms is not None
    assert trial.high_ms is not None
    assert trial.low_ms <= Fraction(100) <= trial.high_ms * Fraction(1001, 1000)
