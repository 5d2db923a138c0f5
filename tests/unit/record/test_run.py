"""A run: its record on disk and the sums of its counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from slo.record import run as runs
from slo.record.run import Run
from slo.record.run_record import VERSION, RunError
from tests.support.made import requests
from tests.support.methods import two_methods


def test_a_run_is_read_back(tmp_path: Path) -> None:
    run = requests(50, 80)
    runs.write(run, tmp_path)
    again = runs.read(tmp_path)
    assert again.to_data() == run.to_data()
    assert again.tally() == run.tally()
    assert runs.read(tmp_path / "run.json").id == run.id


def test_sums_are_those_of_endpoints_and_stages() -> None:
    run = requests(50, 80)
    parts = [run.tally(endpoint.__eq__).requests for endpoint in run.endpoints]
    assert sum(parts) == run.tally().requests == 50
    assert run.tally(stage="nowhere".__eq__).requests == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "not a run record"),
        ('{"schema": "locust-slo/run", "version": 99}', f"reads versions 1 and {VERSION}"),
        ('{"schema": "locust-slo/run", "version": 1}', "the record is damaged"),
    ],
)
def test_what_is_no_record_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        runs.read(tmp_path)
    assert str(tmp_path / "run.json") in str(caught.value)
    assert sentence in str(caught.value)


def test_a_folder_without_a_record_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="give a folder under reports/"):
        runs.read(tmp_path / "nowhere")


def test_a_damaged_interval_is_found_when_it_is_read(tmp_path: Path) -> None:
    data = requests(50).to_data()
    data["intervals"][0]["endpoints"]["home"] = {"ok": {"buckets": [1]}}
    (tmp_path / "run.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        runs.read(tmp_path)


def test_a_run_without_its_warm_up_has_the_later_counts() -> None:
    run = replace(requests(50, 80), duration_s=10.0)
    assert run.after(0).tally() == run.tally()
    assert run.after(10_000).tally().requests == 0


def test_methods_of_one_name_are_two_endpoints_in_all_parts_of_a_run() -> None:
    run = two_methods()
    assert run.endpoints == ["GET /x", "POST /x"]
    assert {endpoint for endpoint, _ in run.after(30_000).tallies} == {"GET /x", "POST /x"}
    only_get = tuple(replace(one, packed=dict(list(one.packed.items())[:1])) for one in run.intervals[20:])
    cut = replace(run, intervals=(*run.intervals[:20], *only_get))
    assert cut.after(20_000).endpoints == ["GET /x"]
    assert Run.from_data(run.to_data()).tallies == run.tallies
