"""The steps of a search as a run's record holds them."""

from __future__ import annotations

from slo.load.search_record import SearchRecord, SearchStep


def test_a_step_is_held_after_its_ramp() -> None:
    assert SearchStep(8, 1000, 3500, 13_500).hold_s == 10


def test_a_search_is_read_back_by_the_keys_of_the_file() -> None:
    search = SearchRecord(1, 64, 300.0, (SearchStep(1, 0, 500, 5500), SearchStep(2, 5500, 6000, 11_000)))
    data = search.to_data()
    assert data["most_users"] == 64
    assert data["items"][1] == {"users": 2, "start_ms": 5500, "hold_ms": 6000, "end_ms": 11_000}
    assert SearchRecord.from_data(data) == search
