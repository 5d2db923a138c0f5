"""The start form is checked as the command line is."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

import pytest
from locust import events

from slo.runtime.form_check import form_error


def factor(text: str) -> float:
    if not 0.001 <= float(text) <= 100:
        raise ArgumentTypeError(f"--time-scale is a number from 0.001 to 100, not '{text}'")
    return float(text)


@pytest.fixture(autouse=True)
def _options() -> None:
    def add(parser: Any, **_: Any) -> None:
        parser.add_argument("--time-scale", type=factor, default=1.0)
        parser.add_argument("--pause", type=float, default=1.0)
        parser.add_argument("--season", choices=["low", "high"], default="low")

    events.init_command_line_parser.add_listener(add)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("time_scale", "0", "--time-scale is a number from 0.001 to 100, not '0'"),
        ("time_scale", "1e-9", "--time-scale is a number from 0.001 to 100, not '1e-9'"),
        ("time_scale", "much", "--time-scale cannot be 'much': could not convert string to float: 'much'"),
        ("pause", "nan", "--pause is a number, not 'nan'"),
        ("pause", "1e999", "--pause is a number, not '1e999'"),
        ("season", "wet", "--season is one of low, high, not 'wet'"),
        ("user_count", "nan", "user_count is a number from 0 to 10000000, not 'nan'"),
        ("user_count", "1e308", "user_count is a number from 0 to 10000000, not '1e308'"),
        ("spawn_rate", "-1", "spawn_rate is a number from 0 to 10000000, not '-1'"),
        ("host", "http://x\x1b[31m\n::error::", "the host 'http://x\ufffd[31m\ufffd::error::' is no base URL"),
        ("host", "http://", "the host 'http://' is no base URL"),
        ("host", "http://[::1", "the host 'http://[::1' is no base URL"),
    ],
)
def test_what_the_command_line_refuses_the_form_refuses(field: str, value: str, said: str) -> None:
    assert form_error({field: value}).startswith(said)


def test_a_good_form_is_accepted() -> None:
    form = {"host": "http://[::1]:8000", "user_count": "5", "spawn_rate": "0.5", "time_scale": "0.5", "season": "high"}
    assert form_error(form) == ""
    assert form_error({"host": "", "time_scale": "", "unknown": "x", "run_time": ""}) == ""
    assert form_error({"host": "api.example.com"}) == ""
    assert form_error({"user_count": "0", "spawn_rate": "0"}) == ""  # as the page sends it where a shape gives the load


def test_a_value_that_the_page_filled_in_is_not_read_again() -> None:
    current = {"time_scale": 500.0, "pause": None, "season": "dry"}
    assert form_error({"time_scale": "500", "season": "dry"}, current) == ""
    assert form_error({"time_scale": "500.0"}, current) == ""
    assert form_error({"time_scale": "501"}, current) != ""
