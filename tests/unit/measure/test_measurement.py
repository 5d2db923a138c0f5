"""One run under way becomes a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.load.plan import Plan
from slo.measure.measurement import Measurement
from slo.measure.run_description import RunDescription
from slo.metrics.tally import Tally
from slo.record.ending import Ending
from slo.record.journal import FILE_NAME
from slo.record.target import Target
from tests.support.made import Clock


def started(folder: Path, clock: Clock, plan: Plan | None = None, report_s: float = 0.0) -> Measurement:
    description = RunDescription("shop", "load", Target("http://api.test"), plan)
    return Measurement(description, folder, report_s=report_s, clock=clock)


def test_the_record_has_all_that_was_counted(tmp_path: Path) -> None:
    clock = Clock()
    one = started(tmp_path, clock, Plan.ramps(("up", 10, 10)))
    for _ in range(3):
        one.recorder.request("home", 20.0, 5)
        clock.now += 1
        one.sample_users(2)
    run = one.finish(Ending("completed"))
    assert (run.tally().requests, run.duration_s, run.ended.how) == (3, 3.0, "completed")
    assert [(sample.planned, sample.achieved) for sample in run.users] == [(1.0, 2), (2.0, 2), (3.0, 2)]
    assert run.id == tmp_path.name


def test_the_time_in_which_last_counts_are_awaited_is_not_the_runs(tmp_path: Path) -> None:
    clock = Clock()
    one = started(tmp_path, clock)
    one.recorder.request("home", 20.0, 5)
    clock.now += 5
    one.note_load_end()
    clock.now += 60
    assert one.finish(Ending("completed")).duration_s == 5.0


@pytest.mark.parametrize("how", ["completed", "stopped", "aborted"])
def test_a_request_that_could_not_be_recorded_makes_the_run_incomplete(tmp_path: Path, how: str) -> None:
    one = started(tmp_path, Clock())
    one.recorder.faults += 1
    run = one.finish(Ending(how), worker_errors=2)  # type: ignore[arg-type]
    assert run.ended.how == "incomplete"
    assert run.ended.reason.startswith("3 requests could not be recorded")


def test_recent_counts_are_those_that_every_process_has_reported(tmp_path: Path) -> None:
    clock = Clock()
    one = started(tmp_path, clock, report_s=3.0)
    for _ in range(20):
        one.recorder.request("home", 20.0, 5)
        clock.now += 1
        one.sample_users(1)
    recent = one.recent()
    assert (recent.end_s, recent.seconds, recent.tally.requests) == (17.0, 10.0, 10)


def test_listeners_get_the_new_counts_of_each_interval(tmp_path: Path) -> None:
    clock = Clock()
    one = started(tmp_path, clock)
    heard: list[tuple[str, int]] = []

    def listen(tallies: object) -> None:
        assert isinstance(tallies, list)
        heard.extend((name, tally.requests) for name, tally in tallies if isinstance(tally, Tally))

    one.listeners.append(listen)
    one.recorder.request("home", 20.0, 5)
    clock.now += 2
    one.sample_users(1)
    assert heard == [("home", 1)]


def test_failed_scrapes_become_a_note(tmp_path: Path) -> None:
    one = started(tmp_path, Clock())
    one.add_scrape({"memory": 1.0})
    one.note_scrape_error("connection refused")
    one.note_scrape_error("timed out")
    run = one.finish(Ending("completed"))
    assert run.notes == ("the target's metrics could not be read 2 of 3 times: connection refused",)


def test_the_journal_is_there_until_it_is_discarded(tmp_path: Path) -> None:
    one = started(tmp_path, Clock())
    one.finish(Ending("completed"))
    assert (tmp_path / FILE_NAME).exists()
    one.discard_journal()
    assert not (tmp_path / FILE_NAME).exists()


def test_the_run_so_far_has_counts_without_an_end(tmp_path: Path) -> None:
    clock = Clock()
    one = started(tmp_path, clock)
    one.recorder.request("home", 20.0, 5)
    clock.now += 2
    one.sample_users(1)
    assert one.current_run().tally().requests == 1
