"""The headers of an answer."""

from __future__ import annotations

import pytest

from slo.lean.headers import Headers

HEADERS = Headers(["Content-Type", "Set-Cookie", "set-cookie"], [" text/html\t", "a=1", "b=2"])


def test_names_have_no_case() -> None:
    assert HEADERS["content-TYPE"] == "text/html"
    assert "SET-COOKIE" in HEADERS
    assert "Accept" not in HEADERS


def test_a_name_sent_twice_has_both_values() -> None:
    assert HEADERS["set-cookie"] == "a=1, b=2"
    assert HEADERS.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert HEADERS.get_all("nowhere", ["x"]) == ["x"]


def test_it_is_a_mapping_by_the_first_spelling() -> None:
    assert dict(HEADERS) == {"Content-Type": "text/html", "Set-Cookie": "a=1, b=2"}
    assert len(HEADERS) == 2
    with pytest.raises(KeyError):
        HEADERS["nowhere"]
