"""A saved run by its path, also one whose process was killed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.record import run as runs
from slo.record.ending import Ending
from slo.record.journal import Journal
from slo.record.load_run import read
from slo.record.run_record import RunError
from tests.support.made import requests


def test_a_folder_and_its_file_are_the_same_run(tmp_path: Path) -> None:
    runs.write(requests(3), tmp_path)
    by_folder, folder = read(tmp_path)
    by_file, of_file = read(tmp_path / "run.json")
    assert by_folder.to_data() == by_file.to_data()
    assert folder == of_file == tmp_path


def test_a_killed_run_is_recovered_from_its_journal_and_written(tmp_path: Path) -> None:
    run = requests(3)
    journal = Journal(tmp_path, replace(run, intervals=(), ended=Ending("crashed")).to_data())
    for interval in run.intervals:
        journal.append(interval)
    found, folder = read(tmp_path)
    assert found.ended.how == "crashed"
    assert found.tally().requests == 3
    assert (folder / "run.json").exists()


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        read(tmp_path)
