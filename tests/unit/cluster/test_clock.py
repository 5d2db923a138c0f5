"""The offset of another clock is known to within half the round trip of the quickest question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo.cluster.clock import ClockOffset

DELAYS = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=20)


@given(st.floats(-1e6, 1e6), DELAYS)
def test_the_error_is_at_most_half_the_quickest_round_trip(
    true_offset_s: float, delays: list[tuple[float, float]]
) -> None:
    offset = ClockOffset()
    assert not offset.known
    now_s = 100.0
    for there_s, back_s in delays:
        offset.add_reading(now_s, now_s + there_s + true_offset_s, now_s + there_s + back_s)
        now_s += 10
    assert offset.known
    quickest_s = min(there_s + back_s for there_s, back_s in delays)
    assert abs(offset.to_local(5000.0 + true_offset_s) - 5000.0) <= quickest_s / 2 + 1e-6
