"""Unpacking Zstandard, with each of the modules that can."""

from __future__ import annotations

import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from slo.lean import zstd
from slo.lean.content import ACCEPTED, decompress
from slo.lean.errors import MalformedError, TooLargeError
from slo.lean.unpacker import Unpacker

TEXT = random.Random(1).randbytes(3000) + bytes(200_000) + b"the end"
PACKED = zstandard.ZstdCompressor().compress(TEXT)
LARGE_WINDOW = zstandard.ZstdCompressor(
    compression_params=zstandard.ZstdCompressionParameters.from_level(3, window_log=25)
)

each_module = pytest.mark.parametrize("like_python", [True, False], ids=["compression.zstd", "zstandard"])


@pytest.fixture(autouse=True)
def _module(like_python: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert zstd._LIKE_PYTHON is not None
    if not like_python:
        monkeypatch.setattr(zstd, "_LIKE_PYTHON", None)


@each_module
@given(size=st.integers(min_value=1, max_value=len(PACKED) + 1))
def test_however_it_is_cut_it_is_what_the_whole_becomes(size: int) -> None:
    twice, unpacker = PACKED + PACKED, Unpacker("zstd", 1 << 20)
    starts = range(0, len(twice), size)
    found = b"".join(unpacker.unpack(twice[at : at + size], at == starts[-1]) for at in starts)
    assert found == decompress(twice, "zstd", 1 << 20) == TEXT + TEXT


@each_module
def test_a_body_that_ends_too_early_or_is_none_is_malformed() -> None:
    for body in (PACKED[:-6], b"no such thing at all", PACKED + b"what is this?"):
        with pytest.raises(MalformedError, match="not valid zstd"):
            decompress(body, "zstd", 1 << 20)


@each_module
def test_no_more_is_unpacked_than_a_little_beyond_the_limit() -> None:
    bomb = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 28))
    with pytest.raises(TooLargeError, match="larger than 1000 bytes when unpacked"):
        decompress(bomb, "zstd", 1000)
    assert len(zstd.Zstd(1000).unpack(bomb)) < 64 << 20


@each_module
def test_a_window_beyond_that_of_http_is_refused() -> None:
    packer = LARGE_WINDOW.compressobj()
    body = packer.compress(random.Random(2).randbytes(1 << 24)) + packer.flush()
    with pytest.raises(MalformedError, match="not valid zstd"):
        decompress(body, "zstd", 1 << 26)


@each_module
def test_servers_are_told_of_it() -> None:
    assert ACCEPTED.split(", ")[-1] == "zstd"
