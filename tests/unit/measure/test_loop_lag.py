from __future__ import annotations

import pytest

from slo.load.plan import Plan
from slo.measure.loop_lag import PERIOD_S, SAMPLES_PER_WINDOW, LoopLagMonitor, ProcessStatsLog
from tests.support.made import Clock


def test_a_process_knows_its_share_of_a_core_and_how_late_it_is() -> None:
    clock, cpu = Clock(), Clock()
    pulse = LoopLagMonitor(clock, cpu)
    assert (pulse.cpu_ratio, pulse.lag_ms) == (None, None)
    pulse.record(clock.now - 0.25)
    assert (pulse.cpu_ratio, pulse.lag_ms) == (None, 250.0)
    for _ in range(SAMPLES_PER_WINDOW):
        clock.now += 2
        cpu.now += 1
        pulse.record(clock.now + 5)  # early is not late
    assert pulse.cpu_ratio == 0.5
    assert pulse.lag_ms == 0.0


def test_looks_are_due_at_moments_that_no_delay_moves() -> None:
    clock = Clock()
    pulse = LoopLagMonitor(clock)
    dues = [pulse.next_due_s() for _ in range(1000)]
    assert dues == sorted(dues)
    assert dues[-1] - clock.now == pytest.approx(1000 * PERIOD_S, rel=0.2)
    clock.now += 10_000  # a machine that slept: not every look of those hours is made up for
    assert pulse.next_due_s() >= clock.now - 61


class Life:
    """A process's life, second by second, as its log notes it."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.clock, self.cpu_s, self.waited_s = Clock(), 0.0, 0.0
        self.clock.now = 0.0
        self.log = ProcessStatsLog(plan, self.clock, lambda: self.waited_s)

    def live(self, seconds: float, cpu: float, lag_s: float = 0.0, wait: float = 0.0) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.now += 0.1
            self.cpu_s += 0.1 * cpu
            self.waited_s += 0.1 * wait
            self.log.record(self.cpu_s, lag_s)


def test_the_log_keeps_cpu_lag_and_busy_times_by_stage() -> None:
    life = Life(Plan.ramps(("ramp", 10, 5), ("hold", 20, 5)))
    life.live(9.95, cpu=0.3, lag_s=0.001)
    life.live(20, cpu=0.99, lag_s=0.04)
    vitals = life.log.drain()
    assert set(vitals.stages) == {"ramp", "hold"}
    ramp, hold = vitals.stages["ramp"], vitals.stages["hold"]
    assert ramp.seconds + hold.seconds == pytest.approx(29.9, abs=0.2)
    assert ramp.cpu_s == pytest.approx(0.3 * ramp.seconds, rel=0.15)
    assert (ramp.busy_s, ramp.lag.percentile(99)) == (0, 1000)
    assert hold.busy_s > 0.9 * hold.seconds - 1
    assert hold.lag.percentile(50) == 40_000
    [(start_ms, end_ms)] = vitals.busy
    assert 9_500 <= start_ms <= 11_500
    assert 28_500 <= end_ms <= 30_000
    assert life.log.drain().stages == {}


def test_a_process_that_gets_no_core_is_busy_too() -> None:
    life = Life()
    life.live(10, cpu=0.5, wait=0.45)
    whole = life.log.drain().whole()
    assert whole.busy_s > 8
    assert whole.wait_s == pytest.approx(0.45 * 10, rel=0.15)


def test_what_was_due_before_the_run_is_none_of_it() -> None:
    life = Life()
    life.clock.now += 0.1
    life.log.record(0.0, lag_s=0.5)
    assert life.log.drain().stages == {}
