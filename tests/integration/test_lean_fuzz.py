"""Whatever bytes come back, the lean client ends: with the right answer or with an error of its own."""

from __future__ import annotations

import gzip
import socket
import statistics
import subprocess
import sys
from itertools import pairwise

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo.lean.connection import PlainConnection
from slo.lean.content import decompress
from slo.lean.errors import FAILURES, LeanError
from slo.lean.parser import Parser
from tests.support.processes import ROOT

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


@given(STATUS, FIELDS, PARTS, st.booleans(), CUTS, st.integers(0, 2))
def test_an_answer_is_the_same_however_it_is_cut(
    status: int, fields: list[tuple[str, str]], parts: list[bytes], in_chunks: bool, cuts: list[int], interim: int
) -> None:
    parser = Parser(1 << 20)
    for edges in (cuts, [], [], cuts):  # one after the other on the same connection, whole ones and in pieces
        parser.begin(False)
        early = b"HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n" * interim
        for piece in pieces(early + answer(status, fields, parts, in_chunks), edges):
            assert not parser.complete
            parser.take(piece)
        assert parser.complete
        assert parser.reusable()
        assert (parser.status, parser.content) == (status, b"".join(parts))
        assert list(zip(parser.names, parser.values, strict=True))[: len(fields)] == fields
        assert len(parser.names) == len(fields) + 1


@settings(max_examples=300)
@given(STATUS, FIELDS, PARTS, st.booleans(), CUTS, st.lists(st.tuples(st.integers(0, 500), st.binary(max_size=3))))
def test_a_spoilt_answer_ends_in_an_answer_or_an_error(
    status: int,
    fields: list[tuple[str, str]],
    parts: list[bytes],
    in_chunks: bool,
    cuts: list[int],
    changes: list[tuple[int, bytes]],
) -> None:
    data = bytearray(answer(status, fields, parts, in_chunks))
    for at, replacement in changes:
        at %= len(data)
        data[at : at + 1] = replacement
        data = data or bytearray(b"\0")
    ends(pieces(bytes(data), cuts))


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=5))
def test_noise_ends_in_an_answer_or_an_error(noise: list[bytes]) -> None:
    ends(noise)


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


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "gzip, br", "none", ""]))
def test_unpacking_noise_ends_in_a_body_or_an_error(noise: bytes, encodings: str) -> None:
    try:
        assert len(decompress(noise, encodings, 1000)) <= 1000
    except LeanError as error:
        assert str(error)


@given(st.binary(max_size=3000), st.integers(0, 3000))
def test_no_more_is_unpacked_than_allowed(body: bytes, limit: int) -> None:
    try:
        assert decompress(gzip.compress(body), "gzip", limit) == body
        assert len(body) <= limit
    except LeanError:
        assert len(body) > limit


MINUTES = 10
FUZZ = """
import importlib, os, sys, time
from pathlib import Path
import hypothesis
from hypothesis import HealthCheck, settings
fuzz = importlib.import_module("tests.integration.test_lean_fuzz")

plain = dict(database=None, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("long", max_examples=300, **plain)
settings.load_profile("long")
tests = [one for name, one in vars(fuzz).items() if name.startswith("test_") and hasattr(one, "hypothesis")]
assert len(tests) == 5, tests
ends_s, look_s = time.monotonic() + float(sys.argv[1]), 0.0
seed = rounds = 0
while time.monotonic() < ends_s:
    for one in tests:
        seed += 1
        hypothesis.seed(seed)(one)()
    rounds += 1
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(os.listdir("/proc/self/fd"))
    print(rounds, pages * os.sysconf("SC_PAGE_SIZE"), files, flush=True)
"""


@pytest.mark.long
def test_ten_minutes_of_all_this_leave_memory_and_descriptors_as_they_were() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(MINUTES * 60)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    settled = rows[len(rows) // 5 :]
    assert len(settled) > 20
    first, last = settled[: len(settled) // 4], settled[-len(settled) // 4 :]
    # What hypothesis remembers of its own grows a little; a leak of the client's would be a hundred times that.
    grown = statistics.median(row[1] for row in last) - statistics.median(row[1] for row in first)
    assert grown < 8_000_000, rows
    assert {row[2] for row in settled} == {settled[0][2]}
