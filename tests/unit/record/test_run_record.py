"""The record of a run as versioned JSON."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slo.record.run import Run
from slo.record.run_record import VERSION, RunError
from slo.text import schemas
from tests.support.made import requests


def test_a_record_is_valid_by_its_schema_and_is_read_back() -> None:
    data = requests(20).to_data()
    Draft202012Validator(schemas.load("run")).validate(data)
    assert Run.from_data(data).to_data() == data


def test_what_a_run_lacks_is_left_out() -> None:
    data = requests(1).to_data()
    assert {"asked", "scrapes", "search", "slowest"}.isdisjoint(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "another"}, "this is not a run record"),
        ({"version": VERSION + 1}, f"reads versions 1 and {VERSION}"),
        ({"duration_s": "long"}, "damaged at $.duration_s"),
        ({"ended": {"how": "somehow", "reason": ""}}, "damaged at $.ended.how"),
        ({"intervals": [{"start_ms": 0}]}, "damaged"),
    ],
)
def test_a_damaged_record_is_a_sentence(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError) as caught:
        Run.from_data({**requests(1).to_data(), **change})
    assert message in str(caught.value)
