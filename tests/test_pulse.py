from __future__ import annotations

from slo.pulse import LOOKS, Pulse
from tests.made import Clock


def test_a_process_knows_its_share_of_a_core_and_how_late_it_is() -> None:
    clock, cpu = Clock(), Clock()
    pulse = Pulse(clock, cpu)
    assert (pulse.cpu_ratio, pulse.lag_ms) == (None, None)
    pulse.beat(clock.now - 0.25)
    assert (pulse.cpu_ratio, pulse.lag_ms) == (None, 250.0)
    for _ in range(LOOKS):
        clock.now += 2
        cpu.now += 1
        pulse.beat(clock.now + 5)  # early is not late
    assert pulse.cpu_ratio == 0.5
    assert pulse.lag_ms == 0.0
