"""Unpacking a body that arrives in pieces."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo.lean.content import decompress
from slo.lean.errors import MalformedError, TooLargeError
from slo.lean.unpacker import Unpacker

RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
TEXT = bytes(range(256)) * 40
PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW.compress(TEXT) + RAW.flush(),
    "br": brotli.compress(TEXT),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
    "unknown": TEXT,
}


@pytest.mark.parametrize("encodings", PACKED)
@settings(max_examples=100)
@given(size=st.integers(min_value=1, max_value=300) | st.integers(min_value=1, max_value=20_000))
def test_however_it_is_cut_it_is_what_the_whole_becomes(encodings: str, size: int) -> None:
    packed, unpacker = PACKED[encodings], Unpacker(encodings, 1 << 20)
    starts = range(0, len(packed), size)
    found = b"".join(unpacker.unpack(packed[at : at + size], at == starts[-1]) for at in starts)
    assert found == decompress(packed, encodings, 1 << 20) == TEXT


@pytest.mark.parametrize("encodings", ["gzip", "deflate", "br"])
def test_a_body_that_ends_too_early_is_malformed(encodings: str) -> None:
    with pytest.raises(MalformedError, match=f"not valid {encodings}"):
        Unpacker(encodings, 1 << 20).unpack(PACKED[encodings][:-6], True)


@pytest.mark.parametrize("encodings", ["gzip", "br"])
def test_a_body_that_is_no_such_is_malformed(encodings: str) -> None:
    with pytest.raises(MalformedError, match=f"not valid {encodings}"):
        Unpacker(encodings, 1 << 20).unpack(b"\xff\xff no such thing" * 10, True)


@pytest.mark.parametrize("encodings", ["gzip", "deflate", "br", "unknown"])
def test_no_more_is_unpacked_than_the_limit(encodings: str) -> None:
    with pytest.raises(TooLargeError, match="larger than 100 bytes when unpacked"):
        Unpacker(encodings, 100).unpack(PACKED[encodings], False)


def test_what_is_put_back_comes_first() -> None:
    unpacker = Unpacker("unknown", 1 << 20)
    unpacker.put_back(b"first ")
    assert unpacker.unpack(b"second", True) == b"first second"


def test_a_member_may_be_cut_within_its_first_bytes() -> None:
    first = gzip.compress(TEXT)
    for cut in range(len(first) - 3, len(first) + 12):
        packed, unpacker = first + first, Unpacker("gzip", 1 << 20)
        assert unpacker.unpack(packed[:cut], False) + unpacker.unpack(packed[cut:], True) == TEXT + TEXT


def test_padding_after_the_last_member_is_left_out() -> None:
    unpacker = Unpacker("gzip", 1 << 20)
    assert unpacker.unpack(gzip.compress(TEXT) + b"\0\0", False) + unpacker.unpack(b"\0\x1f", True) == TEXT


@pytest.mark.parametrize("encodings", ["gzip", "deflate", "br", "deflate, gzip"])
def test_a_body_of_no_byte_has_no_encoding(encodings: str) -> None:
    """The answer to HEAD names the encoding of a body that does not come."""
    assert Unpacker(encodings, 100).unpack(b"", True) == decompress(b"", encodings, 100) == b""
