"""The journal of a run: what a process that dies leaves."""

from __future__ import annotations

from pathlib import Path

import msgpack
import pytest

from slo.metrics.tally import Tally
from slo.record import journal, load_run
from slo.record.interval import Interval
from slo.record.run_record import VERSION, RunError
from tests.support.made import requests


def second(number: int) -> Interval:
    tally = Tally()
    tally.ok.record(20_000, 10)
    return Interval(number * 1000, number * 1000 + 1000, "run", {"home": tally.pack()})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = requests(1).to_data()
    writing = journal.Journal(tmp_path, {**head, "intervals": []})
    for number in range(5):
        writing.append(second(number))
    writing.append_slow([])
    writing.close()
    writing.append(second(9))  # after its end nothing is written
    return tmp_path


def test_a_run_is_recovered_as_crashed(folder: Path) -> None:
    run = journal.recover(folder)
    assert (run.ended.how, run.duration_s) == ("crashed", 5.0)
    assert run.tally().requests == 50


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_a_line_that_was_cut_costs_no_earlier_one(folder: Path, cut: int) -> None:
    file = folder / journal.FILE_NAME
    file.write_bytes(file.read_bytes()[:-cut])
    assert 0 < journal.recover(folder).tally().requests < 50


def test_without_a_beginning_there_is_no_run(tmp_path: Path) -> None:
    (tmp_path / journal.FILE_NAME).write_bytes(b"")
    with pytest.raises(RunError, match="holds no run"):
        journal.recover(tmp_path)
    with pytest.raises(RunError, match="cannot be read"):
        journal.recover(tmp_path / "elsewhere")


def test_a_recovered_run_is_written_once(folder: Path) -> None:
    run, where = load_run.read(folder)
    assert where == folder
    assert (folder / "run.json").exists()
    assert load_run.read(folder / "run.json")[0].tally() == run.tally()


def test_a_journal_that_is_discarded_is_gone(tmp_path: Path) -> None:
    writing = journal.Journal(tmp_path, {})
    writing.discard()
    assert list(tmp_path.iterdir()) == []


def test_the_journal_of_an_older_version_is_recovered(folder: Path) -> None:
    values = list(msgpack.Unpacker((folder / journal.FILE_NAME).open("rb"), strict_map_key=False))
    values[0]["version"] = 1
    (folder / journal.FILE_NAME).write_bytes(b"".join(map(msgpack.packb, values)))
    assert journal.recover(folder).to_data()["version"] == VERSION
