"""The load that a run offered, compared with the planned load."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.analysis.offered import may_still_rise, offered_load, users_never_reached
from slo.load.plan import Plan
from slo.load.requested_load import RequestedLoad
from slo.metrics.tally_table import TallyTable
from slo.record.ending import Ending
from slo.record.run import Run
from slo.record.run_counts import LiveCounts, RunCounts
from slo.record.samples import UserSample
from slo.reports import html
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.policy import Policy
from tests.support.followed import OBJECTIVE, PLAN, followed
from tests.support.made import demanding, requests

ASK = RequestedLoad(10, 0.5)
COUNTED = requests(100, 5)
LIVE = LiveCounts(RunCounts(TallyTable(COUNTED.tallies), {}))


def test_user_seconds_are_the_area_under_the_line() -> None:
    ramp, hold, fall = offered_load(followed(PLAN))
    assert (ramp.planned, hold.planned, fall.planned) == (500, 1000, 500)
    assert [one.achieved for one in (ramp, hold, fall)] == pytest.approx([500, 1000, 500], rel=0.02)
    half = offered_load(replace(followed(PLAN), duration_s=150))
    assert [(one.stage, one.planned) for one in half] == [("ramp", 500), ("hold", 500)]


def test_a_load_that_was_not_offered_is_no_verdict() -> None:
    verdict = judge(followed(PLAN, share=0.8), demanding(OBJECTIVE))
    assert (verdict.status, verdict.exit_code) == ("NO DATA", 3)
    assert verdict.reason == (
        "no verdict: the load was not offered: stage 'ramp' offered 400 of 500 user-seconds (80 %) (and 1 more)"
    )
    assert "stage 'hold' offered 800 of 1,000 user-seconds (80 %)" in verdict.notes
    accepted = replace(followed(PLAN, share=0.8), options={"allow_incomplete": True})
    verdict = judge(accepted, demanding(OBJECTIVE))
    assert (verdict.status, verdict.exit_code) == ("CRITICAL", 2)
    assert "judged although stage 'ramp' offered 400 of 500" in verdict.reason


@pytest.mark.parametrize("scale", [1, 0.05, 0.01])
def test_a_load_that_comes_a_second_late_was_offered(scale: float) -> None:
    plan = PLAN.scaled(scale, 1)
    run = followed(plan, late_s=1.0, step_s=plan.step_s)
    assert judge(run, demanding(OBJECTIVE)).status == "CRITICAL", judge(run, demanding(OBJECTIVE)).reason


def test_the_fall_at_the_end_may_be_as_it_likes() -> None:
    plan = Plan.ramps(("hold", 100, 10), ("fall", 100, 0), start=10)
    run = followed(plan)
    held = [one for one in run.users if one.at_ms < 100_000]
    fallen = replace(run, users=(*held, UserSample(100_000, 0, 0)))
    assert judge(fallen, demanding(OBJECTIVE)).status == "CRITICAL"


@given(st.floats(0, 2), st.floats(0, 1.5), st.sampled_from([0.01, 0.1, 1, 10]))
def test_only_too_little_load_is_no_verdict(share: float, late_s: float, scale: float) -> None:
    plan = PLAN.scaled(scale, 10)
    verdict = judge(followed(plan, share, late_s, plan.step_s), demanding(OBJECTIVE))
    assert verdict.status == "NO DATA" or share > 0.8 or scale < 1
    assert verdict.status == "CRITICAL" or share < 0.96


def test_the_page_shows_planned_against_achieved() -> None:
    run = followed(PLAN, share=0.8)
    page = html.render(run, judge(run, demanding(OBJECTIVE)))
    for words in ("planned", "achieved", "1,000 user-seconds", "800"):
        assert words in page[page.index('id="stages"') :]


def test_what_was_asked_for_is_a_straight_line_and_then_all() -> None:
    assert [ASK.users_at(at_s) for at_s in (0, 10, 20, 500)] == [0, 5, 10, 10]
    assert [ASK.user_seconds(at_s) for at_s in (10, 20, 100)] == [25, 100, 900]
    assert RequestedLoad(3, 0).user_seconds(10) == 0


def test_users_that_were_asked_for_and_did_not_come_are_no_verdict() -> None:
    assert judge(answered(ASK), demanding(OBJECTIVE)).status == "CRITICAL"
    run = answered(ASK, share=0.5)
    verdict = judge(run, demanding(OBJECTIVE))
    assert (verdict.status, verdict.exit_code) == ("NO DATA", 3)
    words = "the run (requested: 10 users, 0.5 more each second) offered "
    assert verdict.reason.startswith(f"no verdict: the load was not offered: {words}")
    assert verdict.reason.endswith(" of 900 user-seconds (50 %)")
    assert verdict.notes[0].startswith(words)
    assert "10 users, 0.5 more each second" in html.render(run, verdict)
    accepted = replace(run, options={"allow_incomplete": True})
    assert judge(accepted, demanding(OBJECTIVE)).exit_code == 2


def test_a_run_that_ends_early_was_asked_for_less() -> None:
    assert [one.planned for one in offered_load(answered(ASK, duration_s=20))] == [100]
    assert judge(answered(ASK, duration_s=20), demanding(OBJECTIVE)).status == "CRITICAL"


def test_where_nobody_asked_nothing_is_said() -> None:
    run = answered(None, share=0.1)
    assert [one.planned for one in offered_load(run)] == [None]
    assert judge(run, demanding(OBJECTIVE)).status == "CRITICAL"


@pytest.mark.parametrize("ask", [ASK, None])
def test_the_record_keeps_what_was_asked_for(ask: RequestedLoad | None) -> None:
    data = json.loads(json.dumps(answered(ask).to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    assert ("asked" in data) == (ask is not None)
    assert Run.from_data(data).requested_load == ask


def answered(ask: RequestedLoad | None, share: float = 1.0, duration_s: int = 100) -> Run:
    """Return a run without a plan, in which a share of the users asked for came."""
    line = ask or ASK
    users = tuple(UserSample(at * 1000, None, round(line.users_at(at) * share)) for at in range(duration_s))
    return replace(requests(100, 100), users=users, duration_s=float(duration_s), requested_load=ask)


@pytest.mark.parametrize(
    ("reached", "how", "said"),
    [
        (10, "stopped", True),
        (97, "completed", True),
        (98, "completed", False),
        (100, "stopped", False),
        (10, "aborted", False),
    ],
)
def test_a_load_that_never_reached_its_users_is_no_pass(reached: int, how: Any, said: bool) -> None:
    users = (UserSample(0, None, 0), UserSample(4000, None, reached))
    run = replace(requests(100, 5), users=users, requested_load=RequestedLoad(100, 2.0), ended=Ending(how))
    sentence = users_never_reached(run)
    assert bool(sentence) == said
    verdict = judge(run, demanding("indicator: errors.ratio, target: 5 %"), policy=Policy(allow_incomplete=True))
    assert (verdict.status == "WARNING" and verdict.reason.startswith(sentence)) == said
    if said:
        assert sentence.startswith(f"the load never reached its users: {reached} of 100 (2 more each second for 10 s)")
        assert verdict.notes[0] == sentence


RISING = Plan.ramps(("ramp to 10", 100, 10), ("hold at 10", 100, 10), ("ramp to 0", 100, 0))


@pytest.mark.parametrize(
    ("at_s", "stages", "rises"),
    [
        (50, (), True),
        (120, (), True),
        (195, (), False),
        (290, (), False),
        (150, ("hold *",), False),
        (50, ("hold *",), False),
    ],
)
def test_more_load_is_still_to_come(at_s: float, stages: tuple[str, ...], rises: bool) -> None:
    run = replace(requests(100, 5), plan=RISING, duration_s=at_s, live=LIVE)
    assert may_still_rise(run, stages) == rises
    assert not may_still_rise(replace(run, live=None), stages)


@pytest.mark.parametrize(("at_s", "rises"), [(5, True), (20, False)])
def test_without_a_plan_the_users_that_are_to_come_count(at_s: float, rises: bool) -> None:
    run = replace(requests(100, 5), duration_s=at_s, live=LIVE, requested_load=RequestedLoad(10, 1.0))
    assert may_still_rise(run, ()) == rises
    assert not may_still_rise(replace(run, requested_load=None), ())


@pytest.mark.parametrize("live", [True, False])
def test_a_throughput_is_not_missed_while_the_load_is_still_to_come(live: bool) -> None:
    run = replace(requests(100, 5), plan=RISING, duration_s=50.0, live=LIVE if live else None)
    results = judge(
        run, demanding("indicator: throughput.rps, target: 99 rps", "indicator: requests.count, target: 999")
    )
    assert [one.status for one in results.results] == ["NO DATA" if live else "FAIL"] * 2
    assert results.results[0].reason.startswith("not yet: 2 rps against 99 rps") == live
