"""Answers of any shape end in an answer or an error."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from slo.lean.parser import Parser
from tests.support.answers import CUTS, FIELDS, PARTS, STATUS, answer, ends, pieces


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
