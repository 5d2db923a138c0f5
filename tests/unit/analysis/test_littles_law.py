"""How users spent their time, and what they would make if nobody waited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.analysis import littles_law
from slo.load.plan import Plan
from slo.record.run import Run
from slo.record.samples import UserSample
from slo.verdict.judge import judge
from tests.support.made import demanding
from tests.support.simulated import simulated

PLAN = Plan.ramps(("ramp to 10", 20, 10), ("hold at 10", 20, 10))


def users_that_wait(latency_s: float, pause_s: float) -> Run:
    """Return a run of up to 10 users, each of which makes requests of ``latency_s`` after pauses of ``pause_s``."""
    return simulated(PLAN, "load", lambda _, users: (users / (latency_s + pause_s), latency_s * 1000, 0), noise=0.0)


@pytest.mark.parametrize(("latency_s", "pause_s"), [(0.1, 0.4), (0.4, 0.1), (0.25, 0.25)])
def test_without_waiting_users_would_make_a_request_after_each_pause(latency_s: float, pause_s: float) -> None:
    time = littles_law.of(users_that_wait(latency_s, pause_s), ["hold *"])
    assert time.busy == pytest.approx(latency_s / (latency_s + pause_s), rel=0.05)
    assert time.pause_s == pytest.approx(pause_s, rel=0.1)
    assert time.rps_without_waiting == pytest.approx(10 / pause_s, rel=0.1)
    assert time.seconds == pytest.approx(20)


def test_users_that_never_pause_have_no_such_throughput() -> None:
    time = littles_law.of(users_that_wait(0.5, 0.0))
    assert time.busy == pytest.approx(1, abs=0.05)
    assert replace(time, busy_s=time.user_s * 1.2).rps_without_waiting is None
    assert littles_law.UserTime(0.0, 0.0, 0, 0.0).rps_without_waiting is None


@pytest.mark.parametrize(
    ("latency_s", "pause_s", "sentence"),
    [
        # 40 % of the time is waiting. At once they would make 33 rps of 40: the load offers too little ...
        (0.2, 0.3, "the load offered, not the target, set the throughput"),
        # ... at once they would make 100 rps of 40 with the same share of waiting: the target is too slow.
        (0.15, 0.1, "the target's latency held it down. If it answered at once, the same users would make 10"),
    ],
)
def test_advice_goes_by_what_would_be_possible_and_not_by_the_share_of_waiting(
    latency_s: float, pause_s: float, sentence: str
) -> None:
    run = users_that_wait(latency_s, pause_s)
    (result,) = judge(run, demanding('indicator: throughput.rps, target: 41 rps, stage: "hold *"')).results
    assert result.status == "FAIL"
    assert sentence in " ".join(result.advice)


def test_a_run_without_a_plan_is_one_span() -> None:
    users = tuple(UserSample(at_s * 1000, None, 4) for at_s in range(11))
    run = replace(users_that_wait(0.1, 0.4), plan=None, users=users, duration_s=10.0)
    assert littles_law.of(run).user_s == pytest.approx(40)
