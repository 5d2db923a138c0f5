"""What the code of a locustfile did in a run."""

from __future__ import annotations

from slo.record.code_counts import CodeCounts
from slo.record.code_exceptions import CodeExceptions
from slo.record.task_counts import TaskCounts


def test_counts_of_processes_add_up_and_survive_json() -> None:
    found = CodeCounts()
    assert found.to_data() == {}
    for _ in range(2):
        found.add(CodeCounts(CodeExceptions({"KeyError: 'id'": 1}), TaskCounts({"Guest.book": [5, 1]}), 3))
    assert found == CodeCounts(CodeExceptions({"KeyError: 'id'": 2}), TaskCounts({"Guest.book": [10, 2]}), 6)
    assert CodeCounts.from_data({"other": 1, **found.to_data()}) == found
