"""Content encodings: what is decompressed, and how much at most."""

from __future__ import annotations

import gzip

from hypothesis import given
from hypothesis import strategies as st

from slo.lean.content import decompress
from slo.lean.errors import LeanError


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
