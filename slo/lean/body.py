"""What a request carries."""

from __future__ import annotations

import json as codec
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from requests import PreparedRequest

from slo.lean import form
from slo.lean.errors import InvalidRequestError

FORM = "application/x-www-form-urlencoded"


class Body(NamedTuple):
    """The content of a request, and its type unless a header names another."""

    content: bytes
    content_type: str | None


def body_of(data: Any, json: Any, files: Any) -> Body | None:
    """Return the body for ``data``, ``json`` or ``files``, with FastHttpUser's content types."""
    if files:
        prepared = PreparedRequest()
        prepared.prepare_headers(None)
        prepared.prepare_body(data or None, files)
        content = prepared.body if isinstance(prepared.body, bytes) else b""
        return Body(content, str(prepared.headers["Content-Type"]))
    if data:
        return _of_data(data)
    if json is not None:
        return Body(codec.dumps(json).encode(), "application/json")
    return None


def _of_data(data: Any) -> Body:
    if isinstance(data, bytes):
        return Body(data, "application/octet-stream")
    if isinstance(data, str):
        return Body(data.encode(), "text/plain; charset=utf-8")
    if isinstance(data, bytearray | memoryview):
        return Body(bytes(data), "application/octet-stream")
    if isinstance(data, Mapping):
        return Body(form.encode(data).encode(), FORM)
    if hasattr(data, "read"):
        content = data.read()
        return Body(content.encode() if isinstance(content, str) else content, "application/octet-stream")
    if isinstance(data, list | tuple) and isinstance(data[0], tuple):
        return Body(form.encode(data).encode(), FORM)
    if isinstance(data, Iterable):
        parts = [part.encode() if isinstance(part, str) else part for part in data]
        return Body(b"".join(parts), "application/octet-stream")
    raise InvalidRequestError(f"data is text, bytes, pairs or a file, not {type(data).__name__}")
