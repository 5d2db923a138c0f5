"""How much more load the target takes."""

from __future__ import annotations

import pytest

from slo.load.plan import Plan, Stage
from tests.support.simulated import (
    SLOW,
    number,
    simulated,
    the,
    verdict,
)


def test_headroom_is_of_the_plateau_and_littles_law_is_checked() -> None:
    plan = Plan.ramps(("ramp to 10", 20, 10), ("hold at 10", 40, 10))

    def second(_: float, users: float) -> tuple[float, float, int]:
        return 2 * users, 150 if users >= 10 else 20, 0

    one = the(verdict(simulated(plan, "load", second, 0.001), SLOW, "name: e, indicator: errors.ratio, target: 1 %"))
    assert number(one, "headroom.ratio") == pytest.approx(0.25, abs=0.01)
    assert one.answer.startswith("at least 2")
    assert "nearest is 'slow' during hold at 10" in one.answer
    assert any(line.startswith("Plausible by Little's law") for line in one.details)


def test_a_target_that_is_missed_by_far_is_told_without_an_exponent() -> None:
    plan = Plan((Stage("hold at 10", 40, 10, 10),))
    one = the(verdict(simulated(plan, "load", lambda *_: (20, 8000, 0)), SLOW))
    assert one.answer.startswith("none: 'slow' is 3,965 % past its target")
    assert "e+" not in one.answer + " ".join(one.details)


def test_more_latency_than_users_have_time_is_implausible() -> None:
    plan = Plan((Stage("hold at 1", 30, 1, 1),))
    one = the(verdict(simulated(plan, "load", lambda *_: (10, 150, 0))))
    assert any(line.startswith("IMPLAUSIBLE") for line in one.details)
