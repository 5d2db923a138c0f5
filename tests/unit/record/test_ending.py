"""How a run ended."""

from __future__ import annotations

from slo.record.ending import Ending


def test_only_what_is_known_is_written() -> None:
    assert Ending("completed").to_data() == {"how": "completed", "reason": ""}
    data = Ending("aborted", "too slow", "p95", 812.5, 61.0).to_data()
    assert data == {"how": "aborted", "reason": "too slow", "objective": "p95", "value": 812.5, "at_s": 61.0}


def test_it_is_read_back() -> None:
    ending = Ending("aborted", "too slow", "p95", 0.0, 61.0)
    assert Ending(**ending.to_data()) == ending
