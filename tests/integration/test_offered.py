"""A load that was not offered is no verdict, and one that nobody can offer does not start."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.analysis.offered import offered_load
from slo.load.plan import MAX_SPAWN_RATE, Plan, Stage
from slo.load.requested_load import RequestedLoad
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.reports import html
from slo.text import schemas
from slo.verdict.judge import judge
from tests.support.cluster import free_port
from tests.support.commands import validate
from tests.support.made import demanding, requests
from tests.support.processes import HOTEL, ROOT, Demo, locust

SHORT = ROOT / "tests" / "locustfiles" / "short.py"
LEAVING = ROOT / "tests" / "locustfiles" / "leaving.py"
OBJECTIVE = "indicator: latency.max, target: 90 ms, priority: P0"
PLAN = Plan.ramps(("ramp", 100, 10), ("hold", 100, 10), ("fall", 100, 0))


def followed(plan: Plan, share: float = 1.0, late_s: float = 0.0, step_s: float = 1.0) -> Run:
    """Return a run whose users followed ``plan`` late, in steps, with a share of them."""
    looks = [number * step_s for number in range(round(plan.total_s / step_s))]
    wanted = [plan.users_at(at - late_s) if at >= late_s else 0 for at in looks]
    users = tuple(UserSample(round(at * 1000), None, round(n * share)) for at, n in zip(looks, wanted, strict=True))
    return replace(requests(100, 100), plan=plan, users=users, duration_s=plan.total_s)


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


def test_a_plan_that_nobody_can_follow_is_named_with_the_sum() -> None:
    assert PLAN.problems() == []
    steep = Plan.ramps(("up", 2, 5 * MAX_SPAWN_RATE))
    assert steep.problems() == [
        "stage 'up' goes from 0 to 5000 users in 2 s: 5000 / 2 = 2,500 users/s; "
        "1 x 1000 users/s is the most that there can be"
    ]
    assert steep.problems(processes=3) == []
    assert "give it a duration" in Plan((Stage("jump", 0, 0, 5),)).problems()[0]
    assert "a jump of 2000 users" in Plan((Stage("hold", 60, 2000, 2000),)).problems()[0]


def test_a_plan_that_nobody_can_follow_is_refused_before_any_load(demo: Demo, tmp_path: Path) -> None:
    words = ("--scenario", "spike", "--time-scale", "0.001", "--user-scale", "100")
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
    assert done.code == 3, done.out + done.err
    assert "the plan cannot be followed: stage 'ramp to 5' goes from 0 to 500 users in 0.01 s" in done.err
    assert done.run.ended.how == "refused"
    assert done.run.tally().requests == 0
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("share", "code"), [("1", 0), ("0.5", 3)])
def test_a_shape_that_offers_half_of_its_plan_gets_no_verdict(
    demo: Demo, tmp_path: Path, share: str, code: int
) -> None:
    objectives = tmp_path / "o.yaml"
    objectives.write_text("version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 1 %}\n", encoding="utf-8")
    words = ("-f", SHORT, "-H", demo.url, "--objectives", objectives)
    done = locust(tmp_path / "reports", *words, env={"SHARE": share})
    assert done.code == code, done.out + done.err
    if code:
        assert "stage 'hold' offered 2" in done.verdict["reason"] + " ".join(done.verdict["notes"])
        command = validate(done.folder, "--allow-incomplete", "--objectives", str(objectives))
        assert command.returncode == 0, command.stdout


ASK = RequestedLoad(10, 0.5)


def answered(ask: RequestedLoad | None, share: float = 1.0, duration_s: int = 100) -> Run:
    """Return a run without a plan, in which a share of the users asked for came."""
    line = ask or ASK
    users = tuple(UserSample(at * 1000, None, round(line.users_at(at) * share)) for at in range(duration_s))
    return replace(requests(100, 100), users=users, duration_s=float(duration_s), ask=ask)


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
    assert Run.from_data(data).ask == ask


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("--processes", "2", "--master-bind-port")], ids=["alone", "two_workers"])
@pytest.mark.parametrize(("leave", "code"), [("none", 0), ("all", 3)])
def test_users_who_leave_are_missed(
    demo: Demo, tmp_path: Path, workers: tuple[str, ...], leave: str, code: int
) -> None:
    objectives = tmp_path / "o.yaml"
    objectives.write_text("version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 1 %}\n", encoding="utf-8")
    port = str(free_port())
    words = [*workers, port, "--master-port", port] if workers else []
    words += ["-f", str(LEAVING), "-H", demo.url, "-u", "10", "-r", "10", "-t", "8s", "--objectives", str(objectives)]
    done = locust(tmp_path / "reports", *words, env={"LEAVE": leave})
    assert done.code == code, done.out + done.err
    assert done.run.ask == RequestedLoad(10, 10)
    assert [round(one.planned or 0) for one in offered_load(done.run)] == [
        round(RequestedLoad(10, 10).user_seconds(done.run.duration_s))
    ]
    if code:
        assert "the load was not offered: the run (requested: 10 users, 10 more each second)" in done.verdict["reason"]
