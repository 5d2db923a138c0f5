"""What a locustfile declares about itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.record.suite import KEY, Suite

NAMES = st.text("abc_", max_size=5)


@given(st.builds(Suite, *[NAMES] * 6, st.lists(NAMES).map(tuple)))
def test_it_is_read_back_from_the_options_of_a_run(suite: Suite) -> None:
    assert Suite.of_options({KEY: suite.to_data()}) == suite


@pytest.mark.parametrize("value", [None, "text", 3, {"load_options": 7}, {"name": None}])
def test_what_is_no_declaration_declares_nothing(value: object) -> None:
    assert Suite.of_options({KEY: value}) == Suite()


def test_advice_names_an_option_only_where_there_is_one() -> None:
    assert Suite(user_scale="user_scale").more_users(3) == "--user-scale 3"
    assert Suite().more_users(0.3) == "0.3 times the users"
    assert Suite(time_scale="speed").hint("time_scale") == " (--speed)"
    assert Suite().hint("time_scale") == ""


def test_scales_are_among_the_options_that_change_the_load() -> None:
    assert Suite(time_scale="t", load_options=("a", "b")).all_load_options == ("t", "a", "b")
