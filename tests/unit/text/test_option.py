"""Options by their names."""

from __future__ import annotations

import pytest

from slo.text.option import flag


@pytest.mark.parametrize(("name", "option"), [("rate", "--rate"), ("time_scale", "--time-scale"), ("a_b_c", "--a-b-c")])
def test_a_name_stands_for_an_option(name: str, option: str) -> None:
    assert flag(name) == option
