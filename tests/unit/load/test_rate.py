"""The load of an open model as it is written on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.load import rate
from slo.load.rate import RateError


def test_a_rate_alone_is_held() -> None:
    (stage,) = rate.stages("300/m", 60)
    assert (stage.name, stage.duration_s, stage.rate_from, stage.rate_to) == ("hold at 5/s", 60, 5, 5)


def test_steps_begin_where_the_one_before_ended() -> None:
    found = rate.stages("10/s, 2m:50/s, 5m:50/s, 1m:0/s", 0)
    assert [(s.duration_s, s.rate_from, s.rate_to) for s in found] == [(120, 10, 50), (300, 50, 50), (60, 50, 0)]
    assert [s.name for s in found] == ["ramp to 50/s", "hold at 50/s", "ramp to 0/s"]


def test_stages_of_one_kind_have_names_of_their_own() -> None:
    found = rate.stages("1m:5/s, 1m:0/s, 1m:5/s, 1m:0/s", 0)
    assert [s.name for s in found] == ["ramp to 5/s", "ramp to 0/s", "ramp to 5/s (2)", "ramp to 0/s (2)"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--rate is empty"),
        ("fast", "'fast' is no rate"),
        ("0/s", "no arrival at all"),
        ("0m:5/s", "no time before its colon"),
        ("x:5/s", "no time before its colon"),
        ("100001/s", "more than this tool can offer"),
        ("5/d", "is no rate"),
    ],
)
def test_what_is_no_rate_says_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(RateError) as caught:
        rate.stages(text, 60)
    assert message in str(caught.value)


def test_the_default_number_of_users_is_ten_seconds_of_arrivals() -> None:
    assert rate.users_for(rate.stages("1m:50/s, 1m:20/s", 0)) == 500
    assert rate.users_for(rate.stages("0.1/s", 60)) == 10
    assert rate.plan("50/s", 60).stages[0].users_to == 500
    assert rate.plan("50/s", 60, 7).stages[0].users_to == 7


@given(st.integers(1, 100_000), st.sampled_from([("s", 1), ("m", 60), ("min", 60), ("h", 3600)]))
def test_a_rate_is_the_same_in_every_unit(count: int, unit: tuple[str, int]) -> None:
    assert rate.peak(rate.stages(f"{count}/{unit[0]}", 1)) == pytest.approx(count / unit[1])
