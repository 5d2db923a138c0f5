"""The time that the target takes to recover from a burst."""

from __future__ import annotations

import pytest

from slo.load.plan import Plan
from tests.support.simulated import (
    SPIKE,
    drained,
    number,
    simulated,
    the,
    verdict,
)


@pytest.mark.parametrize("seconds", [0, 1, 7, 30])
def test_the_recovery_time_is_the_drain_time(seconds: float) -> None:
    one = the(verdict(simulated(SPIKE, "spike", drained(seconds))))
    assert number(one, "recovery.s") == pytest.approx(seconds, abs=2)
    assert "from then on" in one.answer
    assert "p95 at worst 9" in one.details[0]


def test_a_relapse_is_no_recovery() -> None:
    def second(at_s: float, users: float) -> tuple[float, float, int]:
        return (20, 900, 0) if 10 <= at_s < 43 or 60 <= at_s < 65 else (20, 50, 0)

    one = the(verdict(simulated(SPIKE, "spike", second)))
    assert number(one, "recovery.s") == pytest.approx(25, abs=2)


def test_one_that_never_recovers_is_worse_than_what_was_seen() -> None:
    lines = (f"name: {target}, indicator: recovery.s, target: {target}" for target in ("30 s", "2 min"))
    outcome = verdict(simulated(SPIKE, "spike", drained(100)), *lines)
    assert [one.status for one in outcome.results] == ["FAIL", "NO DATA"]
    assert "did not recover" in the(outcome).answer


def test_a_spike_that_ends_with_the_burst_cannot_tell() -> None:
    plan = Plan.ramps(("burst", 20, 50), ("ramp to 0", 20, 0))
    outcome = verdict(simulated(plan, "spike", lambda *_: (20, 50, 0)), "indicator: recovery.s, target: 30 s")
    assert not the(outcome).is_answered
    assert outcome.status == "NO DATA"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("latency_ms", "failing", "why"),
    [(900, 0, "'slow' was missed in"), (50, 8, "of 100 requests failed"), (50, 0, "")],
)
def test_what_was_broken_before_the_burst_cannot_recover_from_it(
    latency_ms: float, failing: int, why: str, seed: int
) -> None:
    one = the(verdict(simulated(SPIKE, "spike", lambda *_: (20, latency_ms, failing), seed=seed)))
    assert one.is_answered == (not why)
    assert one.answer.startswith("no answer: broken from the start: ") == bool(why)
    assert why in one.answer
