"""The response to a request with stream=True."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from slo.lean.errors import DisconnectedError
from slo.lean.streamed import StreamedResponse


class Pieces:
    """A stream with prepared pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.closed = False

    def chunks(self, size: int) -> Iterator[bytes]:
        while self._pieces:
            yield self._pieces.pop(0)[:size]

    def read(self) -> bytes:
        return b"".join(self.chunks(1 << 20))

    def close(self) -> None:
        self.closed = True


def response(*pieces: bytes) -> StreamedResponse:
    one: Any = StreamedResponse("http://shop.test/", "GET")
    one._stream = Pieces(*pieces)
    return one  # type: ignore[no-any-return]


def test_content_is_the_rest() -> None:
    one = response(b"a", b"b")
    assert next(iter(one.iter_content())) == "a"
    assert (one.content, one.content, one.text) == (b"b", b"b", "b")
    one.close()
    assert one.stream.closed  # type: ignore[attr-defined]


def test_a_response_has_its_lines() -> None:
    assert list(response(b"data: 1\n", b"data: 2\n").iter_lines()) == ["data: 1", "data: 2"]
    assert StreamedResponse("http://shop.test/", "GET", TimeoutError("late")).content is None


def test_a_request_that_failed_has_no_body() -> None:
    with pytest.raises(DisconnectedError, match="the request failed"):
        _ = StreamedResponse("http://shop.test/", "GET", TimeoutError("late")).stream
