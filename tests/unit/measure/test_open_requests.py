"""The requests that wait for their answers now."""

from __future__ import annotations

from slo.measure.open_requests import MAX_NAMES, OpenRequests, OpenSummary, merged
from slo.metrics.endpoint import endpoint_id
from tests.support.made import Clock


def test_the_oldest_of_each_endpoint_is_named() -> None:
    clock = Clock()
    requests = OpenRequests(clock)
    assert requests.summary() == OpenSummary()
    assert requests.summary().age_s == 0.0
    requests.started.update(
        {990.0: ("GET", "home"), 995.5: ("get", "home"), 996.0: ("POST", "home"), 999.0: (None, "basket")}
    )
    found = requests.summary()
    assert found == OpenSummary(4, {endpoint_id("GET", "home"): 10.0, endpoint_id("POST", "home"): 4.0, "basket": 1.0})
    assert found.age_s == 10.0
    assert OpenSummary.from_data(found.to_data()) == found
    assert OpenSummary.from_data(None) == OpenSummary()


def test_the_number_of_names_is_bounded_and_the_oldest_stay() -> None:
    requests = OpenRequests(Clock())
    requests.started.update({-500.0 + number: ("GET", f"endpoint {number}") for number in range(MAX_NAMES + 50)})
    found = requests.summary()
    assert found.count == MAX_NAMES + 50
    assert len(found.oldest_s) == MAX_NAMES
    assert found.age_s == 1500.0


def test_summaries_of_processes_add_up() -> None:
    found = merged([OpenSummary(2, {"home": 3.0, "basket": 1.0}), OpenSummary(), OpenSummary(1, {"home": 5.0})])
    assert found == OpenSummary(3, {"home": 5.0, "basket": 1.0})
    assert merged([]) == OpenSummary()
