"""Arrivals of an open model are added."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.arrivals import NO_ARRIVALS, Arrivals, total_arrivals

COUNTS = st.builds(Arrivals, *[st.integers(0, 1000)] * 3)


@given(st.lists(COUNTS), st.randoms())
def test_the_sum_does_not_depend_on_the_order(parts: list[Arrivals], order: object) -> None:
    whole = total_arrivals(parts)
    assert whole == total_arrivals(parts[::-1])
    assert whole.due == sum(one.started + one.dropped for one in parts)
    assert whole.late == sum(one.late for one in parts)


def test_nothing_is_the_sum_of_nothing() -> None:
    assert total_arrivals([]) == NO_ARRIVALS == Arrivals(0, 0, 0)
    assert NO_ARRIVALS.plus(Arrivals(3, 1, 2)) == Arrivals(3, 1, 2)
