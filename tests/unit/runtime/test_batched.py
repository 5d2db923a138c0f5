"""Locust's statistics, counted in batches."""

from __future__ import annotations

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
