"""Growth under a constant load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slo.load.plan import Plan, Stage
from tests.support.simulated import (
    SOAK,
    number,
    simulated,
    soaked,
    the,
    verdict,
)


@pytest.mark.parametrize("seed", range(3))
def test_a_leak_and_a_creeping_latency_are_measured(seed: int) -> None:
    one = the(verdict(soaked(rise=0.6, leak=1.0, seed=seed), "indicator: latency.p95, target: 500 ms"))
    middle = 0.575 * 1200 / 3600  # slopes are shares of the level in the middle of what is looked at
    assert number(one, "drift.memory") == pytest.approx(100 / (1 + middle), rel=0.2)
    assert number(one, "drift.latency.p95") == pytest.approx(60 / (1 + 0.6 * middle), rel=0.2)
    assert "reaches its target of 500 ms in " in one.answer
    assert "MB/h" in one.answer


@pytest.mark.parametrize("seed", range(20))
def test_noise_that_remembers_is_no_drift(seed: int) -> None:
    one = the(verdict(soaked(seed=seed)))
    assert one.answer.startswith("nothing drifts")


def test_drift_is_judged_and_noise_too_wide_is_not() -> None:
    lines = (
        "name: m, indicator: drift.memory, target: 5 %/h",
        "name: l, indicator: drift.latency.p95, target: 0.1 %/h",
    )
    statuses = {one.objective.name: one.status for one in verdict(soaked(leak=1.0), *lines).results}
    assert statuses == {"m": "FAIL", "l": "NO DATA"}


def test_a_trend_too_small_to_be_worth_a_word_misses_nothing() -> None:
    outcome = verdict(soaked(leak=0.05), "indicator: drift.memory, target: 1 %/h")
    assert any("too small in the time seen to matter" in line for line in the(outcome).details)
    assert the(outcome).answer.startswith("nothing drifts")
    assert outcome.results[0].status == "NO DATA"


def test_errors_that_begin_and_grow_are_a_drift() -> None:
    def second(at_s: float, _: float) -> tuple[float, float, int]:
        return 50, 100, round(at_s / 200)

    answer = the(verdict(simulated(SOAK, "soak", second))).answer
    assert answer.startswith("errors.ratio grows by ")
    assert float(answer.split()[3]) == pytest.approx(36, rel=0.15)  # of 50 requests one more each 200 s
    assert "points/h" in answer


def test_a_short_soak_cannot_tell() -> None:
    plan = Plan((Stage("hold at 5", 8, 5, 5),))
    one = the(verdict(simulated(plan, "soak", lambda *_: (8, 100, 0))))
    assert not one.is_answered
    assert "too short" in one.answer


def test_compressed_time_is_said() -> None:
    run = soaked()
    run = replace(run, plan=replace(SOAK, time_scale=0.5))
    assert "per hour of real time" in the(verdict(run)).details[-1]
