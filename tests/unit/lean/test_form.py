"""Fields are encoded as requests encodes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from slo.lean.form import Fields, encode


def of_requests(fields: Any) -> str:
    return str(Request("POST", "http://a.test", data=fields).prepare().body or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"a": "1", "b": 2, "c": 2.5, "d": True, "e": b"\xff"},
        {"a": None, "b": ["1", None, "2"], "c": ("x",), "d": []},
        [("a", "1"), ("a", ["2", "3"]), ("b", None)],
        {"a b": "c&d=e", "ñ": "€ +"},
        {},
    ],
)
def test_it_is_what_requests_sends(fields: Fields) -> None:
    assert encode(fields) == of_requests(fields)


VALUES = st.text() | st.integers() | st.binary() | st.none() | st.lists(st.text() | st.none(), min_size=1)


@given(st.dictionaries(st.text(), VALUES, min_size=1))
def test_any_fields_are_encoded_so(fields: dict[str, Any]) -> None:
    assert encode(fields) == of_requests(fields)
