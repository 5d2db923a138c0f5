"""Endpoints: a request's method and name."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.endpoint import Endpoint, EndpointNames, by_id, by_name, endpoint_id, method_and_name, stored_id

METHODS = st.sampled_from(["", "GET", "POST", "WSS"])
NAMES = st.sampled_from(["/x", "GET /x", "? /x", "GET GET /x", "POST", ""])
PAIRS = st.lists(st.tuples(METHODS, NAMES), max_size=12)


def shown(*pairs: tuple[str, str]) -> dict[tuple[str, str], str]:
    ids = [endpoint_id(method, name) for method, name in pairs]
    names = EndpointNames(ids)
    return {pair: str(names.shown(one)) for pair, one in zip(pairs, ids, strict=True)}


def test_an_endpoint_is_shown_by_its_name_and_by_its_method_where_a_name_has_several() -> None:
    assert shown(("GET", "/x"), ("POST", "/x"), ("POST", "/y"), ("", "/z")) == {
        ("GET", "/x"): "GET /x",
        ("POST", "/x"): "POST /x",
        ("POST", "/y"): "/y",
        ("", "/z"): "/z",
    }


def test_a_name_without_a_method_belongs_to_the_only_method_of_that_name() -> None:
    names = EndpointNames([endpoint_id("POST", "/x"), "/x"])
    assert names.shown("/x") == names.shown(endpoint_id("POST", "/x")) == "/x"
    assert names.shown("/x").method == "POST"
    names.update([endpoint_id("GET", "/x")])
    assert [names.shown(one) for one in ("/x", endpoint_id("POST", "/x"))] == ["/x", "POST /x"]


def test_names_that_look_like_another_endpoint_are_shown_with_their_methods() -> None:
    found = shown(("GET", "/x"), ("POST", "/x"), ("PUT", "GET /x"), ("", "POST /x"))
    assert found == {
        ("GET", "/x"): "GET /x",
        ("POST", "/x"): "POST /x",
        ("PUT", "GET /x"): "PUT GET /x",
        ("", "POST /x"): "? POST /x",
    }


@given(PAIRS)
def test_no_two_endpoints_are_shown_alike_and_each_knows_its_parts(pairs: list[tuple[str, str]]) -> None:
    ids = {endpoint_id(method, name) for method, name in pairs}
    names = EndpointNames(ids)
    known = {name: {method for method, other in pairs if other == name and method} for _, name in pairs}
    apart = {}
    for one in ids:
        endpoint, (method, name) = names.shown(one), method_and_name(one)
        if not method and len(known[name]) == 1:
            (method,) = known[name]
        assert (endpoint.method, endpoint.name) == (method, name) == method_and_name(endpoint)
        apart[method, name] = str(endpoint)
    assert len(set(apart.values())) == len(apart)


@given(PAIRS)
def test_counts_by_name_and_method_are_those_by_id(pairs: list[tuple[str, str]]) -> None:
    counts = {endpoint_id(method, name): number for number, (method, name) in enumerate(pairs)}
    nested = by_name(counts.items())
    assert dict(by_id(nested)) == counts
    assert all(nested[name][method] == counts[endpoint_id(method, name)] for method, name in pairs)


def test_a_method_is_one_word() -> None:
    for method in ("G ET", " ", "GET\x00", "?"):
        with pytest.raises(ValueError, match="is no method"):
            dict(by_id({"/x": {method: 1}}))
    with pytest.raises(ValueError, match="is no endpoint"):
        dict(by_id({"a\tb": {"": 1}}))


@pytest.mark.parametrize(
    ("reported", "stored"),
    [
        (("get", "/x"), "GET\t/x"),
        (("WSSend", "/x"), "WSSend\t/x"),
        (("my own\tway", 7), "my_own_way\t7"),
        ((None, "/x"), "/x"),
        (("", "/x"), "/x"),
        (("?", "/x"), "/x"),
        ("/x", "/x"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_what_a_client_reports_becomes_one_text(reported: Any, stored: str) -> None:
    assert stored_id(reported, str) == stored


def test_an_endpoint_is_a_text_that_can_be_copied() -> None:
    endpoint = Endpoint("GET /x", "GET", "/x")
    counts: dict[str, int] = {endpoint: 1}
    assert counts["GET /x"] == 1
    for same in (copy.deepcopy(endpoint), pickle.loads(pickle.dumps(endpoint))):  # made here
        assert (same, same.method, same.name) == ("GET /x", "GET", "/x")
