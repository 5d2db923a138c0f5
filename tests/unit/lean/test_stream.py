"""A body that is read as it arrives, over a connection that the test provides."""

from __future__ import annotations

from typing import Any, cast

import pytest

from slo.lean.errors import DisconnectedError
from slo.lean.parser import Parser
from slo.lean.stream import Stream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"


class Line:
    """A connection with prepared pieces of an answer; counts how many were asked for."""

    def __init__(self, *pieces: bytes) -> None:
        self.parser = Parser(1 << 20)
        self.parser.begin(False)
        self.parser.take(HEAD)
        self.pieces, self.received = list(pieces), 0

    def receive_more(self) -> None:
        self.received += 1
        self.parser.take(self.pieces.pop(0))


class Pool:
    def __init__(self) -> None:
        self.released: list[bool] = []
        self.discarded = 0

    def release(self, _: Any, reusable: bool) -> None:
        self.released.append(reusable)

    def discard(self, _: Any) -> None:
        self.discarded += 1


def stream(*pieces: bytes) -> tuple[Stream, Line, Pool]:
    line, pool = Line(*pieces), Pool()
    return Stream(cast(Any, line), cast(Any, pool), None), line, pool


def test_nothing_is_read_ahead_and_the_end_frees_the_connection() -> None:
    one, line, pool = stream(b"hello ", b"world!")
    assert line.received == 0
    assert (one.read_available(), line.received) == (b"hello ", 1)
    assert pool.released == []
    assert one.read_available() == b"world!"
    assert (one.read_available(), one.read_available(), pool.released) == (b"", b"", [True])
    one.close()
    assert pool.discarded == 0


@pytest.mark.parametrize(
    ("sizes", "found"),
    [([-1], [b"hello world!"]), ([3, 5, 100, 1], [b"hel", b"lo wo", b"rld!", b""]), ([0, 12], [b"", b"hello world!"])],
)
def test_it_is_read_like_a_file(sizes: list[int], found: list[bytes]) -> None:
    one, _, _ = stream(b"hello ", b"world!")
    assert [one.read(size) for size in sizes] == found


def test_chunks_are_at_most_as_large_as_asked() -> None:
    one, _, _ = stream(b"hello ", b"world!")
    assert list(one.chunks(4)) == [b"hell", b"o ", b"worl", b"d!"]


@pytest.mark.parametrize("how", ["closed", "forgotten", "failed"])
def test_a_body_that_was_not_read_to_its_end_costs_the_connection(how: str) -> None:
    one, _, pool = stream(b"hello ", b"")
    one.read_available()
    if how == "closed":
        one.close()
    elif how == "failed":
        with pytest.raises(DisconnectedError):
            one.read()
    del one
    assert (pool.discarded, pool.released) == (1, [])
