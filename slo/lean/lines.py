"""The lines of a request as bytes: validated, and cached if they are repeated."""

from __future__ import annotations

from typing import Any

from slo.lean.errors import InvalidRequestError
from slo.tracing.traceparent import HEADER

_TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MAX_LINES = 256
"""Maximum number of lines that one user keeps: there may be thousands of users."""


class HeaderLines:
    """Header lines as bytes, each checked and made once; a line that is not valid HTTP is refused."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, Any], bytes] = {}

    def of(self, name: str, value: Any) -> bytes:
        """Return ``name: value`` and its line end; raises InvalidRequestError."""
        try:
            return self._made[name, value]
        except (KeyError, TypeError):
            pass
        line = _line(name, value)
        if name == HEADER:
            return line  # never the same again: caching it would only remove useful lines
        if len(self._made) >= MAX_LINES:
            self._made.clear()
        if isinstance(value, str):
            self._made[name, value] = line
        return line


def _line(name: Any, value: Any) -> bytes:
    try:
        raw_name = name if isinstance(name, bytes) else name.encode("ascii")
    except (UnicodeEncodeError, AttributeError):
        raw_name = b""
    if not raw_name or raw_name.translate(None, _TOKEN):
        raise InvalidRequestError(f"invalid header name {name!r}: letters, digits and !#$%&'*+-.^_`|~ are allowed")
    raw = value if isinstance(value, bytes) else _encoded(str(value))
    if b"\r" in raw or b"\n" in raw or b"\0" in raw:
        raise InvalidRequestError(f"invalid value of header {name}: it holds a line break or a NUL")
    return raw_name + b": " + raw.strip(b" \t") + b"\r\n"


def _encoded(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def request_line(method: str, path: str) -> bytes:
    """Return the first line of a request; raises InvalidRequestError for what would not be one."""
    raw_method = method.encode("ascii", "replace")
    if not raw_method or raw_method.translate(None, _TOKEN):
        raise InvalidRequestError(f"invalid method {method!r}: letters and digits are allowed, e.g. GET")
    return raw_method + b" " + path.encode("ascii") + b" HTTP/1.1\r\n"
