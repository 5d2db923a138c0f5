"""Which options a run's record holds."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

import pytest

from slo.record.suite import KEY
from slo.runtime import locust_compat, recorded_options
from slo.runtime.recorded_options import RUN


def recorded(**values: Any) -> dict[str, Any]:
    return recorded_options.options_of_run(Namespace(**values))


def test_options_of_the_load_are_recorded_and_locusts_others_are_not() -> None:
    found = recorded(num_users=5, loglevel="INFO", host="http://api.test", think_time=0.5)
    assert {name: found[name] for name in ("num_users", "think_time")} == {"num_users": 5, "think_time": 0.5}
    assert not {"loglevel", "host"} & set(found)
    assert KEY in found


def test_secrets_and_what_belongs_to_the_process_are_left_out() -> None:
    found = recorded(api_token="s3cret", notify="https://hooks.test/s3cret", **{RUN: {"id": "x"}})
    assert "s3cret" not in str(found)
    assert not {RUN, "notify", "api_token"} & set(found)


def test_options_of_a_search_belong_to_a_search() -> None:
    assert "find_limit_time" not in recorded(find_limit=False, find_limit_time=60)
    assert recorded(find_limit=True, find_limit_time=60)["find_limit_time"] == 60


def test_what_is_no_json_is_recorded_as_text_and_nothing_is_left_out() -> None:
    found = recorded(shape=complex(1, 2), empty=[], none=None)
    assert found["shape"] == "(1+2j)"
    assert not {"empty", "none"} & set(found)


def test_only_options_that_were_given_identify_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = locust_compat.known_parser()
    options = parser.parse_args(["--tags", "a"])
    monkeypatch.setattr(sys, "argv", ["locust", "--tags", "a"])
    assert recorded_options.options_given(options) == {"tags": ["a"]}
    monkeypatch.setattr(sys, "argv", ["locust"])
    assert recorded_options.options_given(options) == {}
    monkeypatch.setenv("LOCUST_TAGS", "a")
    assert recorded_options.options_given(options) == {"tags": ["a"]}
