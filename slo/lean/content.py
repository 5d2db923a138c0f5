"""Unpacking an answer's whole body, never beyond a limit: a small body can hold gigabytes."""

from __future__ import annotations

from slo.lean import zstd
from slo.lean.unpacker import Unpacker

ACCEPTED = "gzip, deflate, br" + (", zstd" if zstd.IS_THERE else "")
"""The Accept-Encoding of every request."""


def decompress(body: bytes, encodings: str, limit: int) -> bytes:
    """Return ``body`` without its content encodings ("gzip", "deflate, br"), in bytes.

    An unknown encoding leaves the body as it is, as requests does. Raises MalformedError for a body that is not
    in its declared encoding, TooLargeError beyond ``limit`` bytes.
    """
    return Unpacker(encodings, limit).unpack(body, True)
