"""Locust's statistics, counted in batches."""

from __future__ import annotations

from typing import Any

import pytest
from locust.stats import RequestStats

from slo.metrics.tally import OTHER
from slo.runtime.batched import MAX_ENTRIES, BatchedStats


def both() -> tuple[RequestStats, RequestStats]:
    ours, theirs = RequestStats(), RequestStats()
    BatchedStats.replace(ours)
    return ours, theirs


def test_whoever_looks_sees_every_request() -> None:
    ours, theirs = both()
    for number in range(5):
        for one in (ours, theirs):
            one.log_request("GET", "home", 10 + number, 100)
        assert ours.total.num_requests == number + 1
        assert ours.entries["home", "GET"].response_times == theirs.entries["home", "GET"].response_times
    assert ours.total.total_content_length == theirs.total.total_content_length == 500


def test_a_request_without_a_latency_is_left_to_locust() -> None:
    ours, theirs = both()
    for one in (ours, theirs):
        one.log_request("GET", "home", None, 0)  # type: ignore[arg-type]
        one.log_error("GET", "home", ValueError("x"))
    assert ours.total.num_none_requests == theirs.total.num_none_requests == 1
    assert ours.total.num_failures == theirs.total.num_failures == 1


def test_statistics_of_another_class_are_not_changed() -> None:
    class Own(RequestStats):
        pass

    own = Own()
    BatchedStats.replace(own)
    assert type(own) is Own


def test_the_number_of_endpoints_is_bounded() -> None:
    ours, _ = both()
    for number in range(MAX_ENTRIES + 50):
        ours.log_request("GET", f"/item/{number}", 10, 100)
        ours.log_error("GET", f"/item/{number}", "gone")
    ours.log_request("GET", "/item/0", 10, 100)
    assert len(ours.entries) <= MAX_ENTRIES + 1
    assert ours.entries[OTHER, "GET"].num_requests == ours.entries[OTHER, "GET"].num_failures == 50
    assert ours.entries["/item/0", "GET"].num_requests == 2
    assert ours.total.num_requests == MAX_ENTRIES + 51


class BrokenError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("plain", "plain"),
        ("red \x1b[31m", "red \ufffd[31m"),
        ("half \ud83d", "half \ufffd"),
        ("password=hunter2", "password=***"),
        (BrokenError(), "BrokenError (RuntimeError in its text)"),
    ],
)
def test_locusts_table_of_errors_shows_no_harmful_text(error: Any, shown: str) -> None:
    ours, _ = both()
    ours.log_error("GET", "a\nb", error)
    ((method, name), entry), (found,) = next(iter(ours.entries.items())), ours.errors.values()
    assert (method, name) == ("a\ufffdb", "GET")
    assert entry.num_failures == 1
    assert found.error == shown


def test_an_exception_stays_what_it_is() -> None:
    ours, _ = both()
    error = ValueError("no room")
    ours.log_error("GET", "home", error)
    assert [one.error for one in ours.errors.values()] == [error]
