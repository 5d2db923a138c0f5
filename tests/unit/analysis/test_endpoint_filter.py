"""Which endpoints a scope speaks of."""

from __future__ import annotations

import pytest

from slo.analysis.endpoint_filter import EndpointFilter, of_scope
from slo.metrics.endpoint import Endpoint, endpoint_id
from slo.objectives.objective import Scope


@pytest.mark.parametrize(
    ("names", "methods", "accepted"),
    [
        ((), (), {"GET /x", "POST /x", "/y"}),
        (("/x",), (), {"GET /x", "POST /x"}),
        (("/*",), ("POST",), {"POST /x"}),
        ((), ("P*", "GET"), {"GET /x", "POST /x"}),
        (("/x",), ("get",), set()),
        (("P*",), (), set()),
    ],
)
def test_names_and_methods_are_patterns(names: tuple[str, ...], methods: tuple[str, ...], accepted: set[str]) -> None:
    chosen = EndpointFilter(names, methods)
    endpoints = [Endpoint("GET /x", "GET", "/x"), Endpoint("POST /x", "POST", "/x"), Endpoint("/y", "", "/y")]
    assert set(filter(chosen.accepts, endpoints)) == accepted
    assert [chosen.accepts(one) for one in endpoints] == [
        chosen.accepts(endpoint_id(one.method, one.name)) for one in endpoints
    ]
    assert bool(chosen) == bool(names or methods)


def test_a_scope_takes_the_endpoints_of_its_groups() -> None:
    groups = {"pms": ("pms_*",), "other": ("home",)}
    assert of_scope(Scope(groups=("pms",), methods=("GET",)), groups) == EndpointFilter(("pms_*",), ("GET",))
    assert of_scope(Scope(endpoints=("a",), groups=("gone",)), groups) == EndpointFilter(("a",))


def test_what_it_selects_is_part_of_a_sentence() -> None:
    assert str(EndpointFilter(("a", "b"), ("GET",))) == "GET a, b"
    assert str(EndpointFilter((), ("GET", "PUT"))) == "GET, PUT"
    assert str(EndpointFilter(("a",))) == "a"
