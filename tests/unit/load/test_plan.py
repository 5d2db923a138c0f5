"""Plans: stages of load, and those that no process can follow."""

from __future__ import annotations

from slo.load.plan import MAX_SPAWN_RATE, Plan, Stage
from tests.support.followed import PLAN


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
