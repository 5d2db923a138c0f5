"""The body of a request and its content type, as FastHttpUser sends them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from slo.lean.body import Body, body_of
from slo.lean.errors import InvalidRequestError

FORM, BYTES = "application/x-www-form-urlencoded", "application/octet-stream"


@pytest.mark.parametrize(
    ("data", "content", "content_type"),
    [
        ("é", "é".encode(), "text/plain; charset=utf-8"),
        (b"x", b"x", BYTES),
        (bytearray(b"x"), b"x", BYTES),
        ({"a": "1 2", "b": ["x", "y"]}, b"a=1+2&b=x&b=y", FORM),
        ([("a", "1"), ("a", "2")], b"a=1&a=2", FORM),
        (io.BytesIO(b"file"), b"file", BYTES),
        (io.StringIO("file"), b"file", BYTES),
        (["a", b"b"], b"ab", BYTES),
        ((part for part in ("a", "b")), b"ab", BYTES),
    ],
)
def test_data_is_sent_as_its_kind(data: Any, content: bytes, content_type: str) -> None:
    assert body_of(data, None, None) == Body(content, content_type)


def test_json_is_sent_unless_there_is_data() -> None:
    assert body_of(None, {"a": [1]}, None) == Body(b'{"a": [1]}', "application/json")
    assert body_of("x", {"a": 1}, None) == Body(b"x", "text/plain; charset=utf-8")
    assert body_of(None, [], None) == Body(b"[]", "application/json")
    assert body_of(None, None, None) is None
    assert body_of("", None, None) is None


def test_files_are_a_multipart_form() -> None:
    body = body_of({"a": "1"}, None, {"photo": ("room.png", b"PNG", "image/png")})
    assert body is not None
    assert str(body.content_type).startswith("multipart/form-data; boundary=")
    assert b'name="a"' in body.content
    assert b'filename="room.png"' in body.content
    assert b"PNG" in body.content


def test_what_cannot_be_a_body_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="not int"):
        body_of(7, None, None)
