"""Records of version 1 are still read."""

from __future__ import annotations

from typing import Any

import pytest

from slo.record.run import Run
from slo.record.run_record import RunError
from slo.record.version_1 import upgraded
from tests.support.steady import steady


def version_1_of(data: dict[str, Any]) -> dict[str, Any]:
    intervals = [
        {**one, "endpoints": {name: methods[""] for name, methods in one["endpoints"].items()}}
        for one in data["intervals"]
    ]
    return {**data, "version": 1, "intervals": intervals}


def test_a_record_of_version_1_has_the_same_counts_and_no_methods() -> None:
    written = steady(1, seconds=3)
    read = Run.from_data(version_1_of(written.to_data()))
    assert read.to_data() == written.to_data()
    assert read.tallies == written.tallies


@pytest.mark.parametrize("intervals", [5, None, [5], [{}], [{"endpoints": 5}], [{"endpoints": {"/x": 5}}]])
def test_what_is_damaged_is_a_sentence(intervals: object) -> None:
    damaged = {**version_1_of(steady(1, seconds=3).to_data()), "intervals": intervals}
    assert upgraded(damaged)["version"] == 2
    with pytest.raises(RunError, match="the record is damaged"):
        Run.from_data(damaged)
