"""The lines of a request as bytes."""

from __future__ import annotations

from typing import Any

import pytest

from slo.lean.errors import InvalidRequestError
from slo.lean.lines import MAX_LINES, HeaderLines, request_line
from slo.tracing.traceparent import HEADER


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("Accept", " text/html ", b"Accept: text/html\r\n"),
        ("X-Count", 5, b"X-Count: 5\r\n"),
        ("X-Raw", b"\xff", b"X-Raw: \xff\r\n"),
        ("X-Name", "Zoë", b"X-Name: Zo\xeb\r\n"),
        ("X-Name", "旅館", b"X-Name: " + "旅館".encode() + b"\r\n"),
    ],
)
def test_a_header_is_a_line(name: str, value: Any, line: bytes) -> None:
    lines = HeaderLines()
    assert lines.of(name, value) == line
    assert lines.of(name, value) == line


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("a b", "x"), ("é", "x"), (5, "x"), ("A", "x\r\nB: y"), ("A", "\0")]
)
def test_a_line_that_is_not_valid_is_refused(name: Any, value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        HeaderLines().of(name, value)


def test_lines_that_never_repeat_are_not_cached_and_others_are_bounded() -> None:
    lines = HeaderLines()
    first = lines.of("Accept", "text/html")
    for number in range(2 * MAX_LINES):
        lines.of(HEADER, f"00-{number:032x}-{number:016x}-01")
    assert lines.of("Accept", "text/html") is first
    for number in range(2 * MAX_LINES):
        lines.of("X-Number", str(number))
    assert len(lines._made) <= MAX_LINES


def test_a_request_line_is_checked() -> None:
    assert request_line("GET", "/a?b=c") == b"GET /a?b=c HTTP/1.1\r\n"
    for method in ("", "GET ", "G\r\nX", "GÉT"):
        with pytest.raises(InvalidRequestError, match="invalid method"):
            request_line(method, "/")
