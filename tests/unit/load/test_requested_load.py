"""The load that -u and -r request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load.requested_load import RequestedLoad


def test_users_rise_in_a_line_and_stay() -> None:
    load = RequestedLoad(10, 2)
    assert [load.users_at(at_s) for at_s in (0, 2.5, 5, 60)] == [0, 5, 10, 10]
    assert load.user_seconds(5) == 25
    assert load.user_seconds(15) == 125
    assert load.describe() == "10 users, 2 more each second"
    assert RequestedLoad(1, 0.5).describe() == "1 user, 0.5 more each second"
    assert RequestedLoad(**load.to_data()) == load


def test_no_spawn_rate_is_no_load() -> None:
    assert RequestedLoad(10, 0).user_seconds(60) == 0


@given(st.integers(1, 1000), st.floats(0.1, 1000), st.floats(0, 1000))
def test_the_area_is_that_under_the_line(users: int, per_s: float, until_s: float) -> None:
    load = RequestedLoad(users, per_s)
    steps = 400
    width = until_s / steps
    area = sum(load.users_at((n + 0.5) * width) * width for n in range(steps))
    assert load.user_seconds(until_s) == pytest.approx(area, rel=0.02, abs=users * width)
