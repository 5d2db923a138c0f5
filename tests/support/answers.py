"""Answers of a server as bytes, and how they arrive."""

from __future__ import annotations

import socket
from itertools import pairwise

import gevent
from hypothesis import strategies as st

from slo.lean.connection import PlainConnection
from slo.lean.errors import FAILURES

TOKEN = st.text("abcXYZ019-_", min_size=1, max_size=12)


VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


FIELDS = st.lists(st.tuples(TOKEN.map(lambda name: f"X-{name}"), VALUE), max_size=8)


STATUS = st.sampled_from([200, 201, 299, 301, 400, 404, 429, 500, 503, 599])


PARTS = st.lists(st.binary(min_size=1, max_size=60), max_size=6)


CUTS = st.lists(st.integers(0, 2000), max_size=12)


def answer(status: int, fields: list[tuple[str, str]], parts: list[bytes], in_chunks: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} Reason", *(f"{name}: {value}" for name, value in fields)]
    body = b"".join(parts)
    if in_chunks:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nX-Sum: 1\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


def ends(arriving: list[bytes]) -> None:
    """Play what arrives, then the end, over real sockets; the client must be done with it."""
    ours, theirs = socket.socketpair()
    connection = PlainConnection(ours, 1 << 16)
    for piece in arriving:
        theirs.sendall(piece)
    theirs.shutdown(socket.SHUT_WR)
    try:
        with gevent.Timeout(5, AssertionError("it hangs")):
            parser = connection.exchange(b"GET / HTTP/1.1\r\n\r\n", False, 1.0, 1.0)
        assert parser.complete
        assert 200 <= parser.status <= 999
        assert len(parser.names) == len(parser.values)
    except FAILURES as error:
        assert str(error)
        assert not isinstance(error, TimeoutError)
    finally:
        connection.close()
        theirs.close()
