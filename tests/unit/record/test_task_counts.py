"""Executions of tasks, and those that an exception ended."""

from __future__ import annotations

from slo.metrics.tally import OTHER
from slo.record.task_counts import MAX_TASKS, TaskCounts


def test_counts_add_up_over_processes_and_survive_json() -> None:
    counts = TaskCounts()
    counts.of("Guest.book")[0] += 3
    counts.add_all({"Guest.book": [2, 1], "Guest.cancel": [1, 1]})
    assert (counts.executions, counts.raised) == (6, 2)
    assert counts.never_succeeded == ["Guest.cancel"]
    assert counts.to_data() == [["Guest.book", 5, 1], ["Guest.cancel", 1, 1]]
    assert TaskCounts.from_data([("Guest.book", 5, 1), ("Guest.cancel", 1, 1)]) == counts


def test_the_number_of_names_is_bounded() -> None:
    counts = TaskCounts()
    for number in range(MAX_TASKS + 50):
        counts.of(f"task {number}")[0] += 1
    assert len(counts) == MAX_TASKS + 1
    assert counts[OTHER] == [50, 0]
    assert counts.executions == MAX_TASKS + 50
