"""Unpacking a body, whole or as it arrives in pieces, never beyond a limit: a small body can hold gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import brotli

from slo.lean import zstd
from slo.lean.errors import MalformedError, TooLargeError

_PIECE = 256 * 1024
_MEMBER = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Unpacker:
    """Unpacks the content encodings of one body ("gzip", "deflate, br"); an unknown one leaves bytes as they are."""

    def __init__(self, encodings: str, limit: int) -> None:
        names = [name.strip() for name in reversed(encodings.lower().split(","))]
        self._steps: list[tuple[str, _Step]] = [(name, _STEPS[name](limit)) for name in names if name in _STEPS]
        self._limit, self._size = limit, 0
        self._ready = b""

    def unpack(self, chunk: bytes, is_last: bool) -> bytes:
        """Return what the next bytes become, perhaps none yet; raises MalformedError, or TooLargeError at the limit."""
        for name, step in self._steps:
            try:
                chunk = step.unpack(chunk)
            except (zlib.error, brotli.error, *zstd.ERRORS) as error:
                raise MalformedError(f"the answer's body is not valid {name}: {error}") from None
            if len(chunk) > self._limit:
                raise self._too_large()
            if is_last and step.began and not step.is_finished:
                raise MalformedError(f"the answer's body is not valid {name}: it ends too early")
        self._size += len(chunk)
        if self._size > self._limit:
            raise self._too_large()
        whole, self._ready = self._ready + chunk, b""
        return whole

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the answer is larger than {self._limit} bytes when unpacked")

    def put_back(self, chunk: bytes) -> None:
        """Take back unpacked bytes, which come first the next time."""
        self._ready = chunk


class _Step(Protocol):
    began: bool
    """Whether any byte came; a body of none has no encoding."""
    is_finished: bool

    def unpack(self, chunk: bytes) -> bytes: ...


class _Zlib:
    def __init__(self, window_bits: int, limit: int) -> None:
        self._window_bits, self._limit = window_bits, limit
        self._unpacker = zlib.decompressobj(window_bits)
        self.began = self._has_format = self.is_finished = False
        self._held = b""

    def unpack(self, chunk: bytes) -> bytes:
        self.began = self.began or bool(chunk)
        chunk, self._held = self._held + chunk, b""
        found = b""
        if self._window_bits == _ZLIB and not self._has_format and len(chunk) < len(_MEMBER):
            self._held = chunk  # two bytes say whether there is a header
            return found
        while chunk and len(found) <= self._limit:
            if self.is_finished and not self._begins_member(chunk):
                break
            found += self._decompress(chunk)
            self.is_finished = self._unpacker.eof
            chunk = self._unpacker.unused_data
        return found

    def _begins_member(self, chunk: bytes) -> bool:
        """Begin another gzip member, as several are one body (RFC 1952), where ``chunk`` is one and no padding."""
        if self._window_bits != _GZIP or chunk[:2] != _MEMBER:
            self._held = chunk if chunk == _MEMBER[:1] else b""
            return False
        self._unpacker = zlib.decompressobj(_GZIP)
        return True

    def _decompress(self, chunk: bytes) -> bytes:
        try:
            found = self._unpacker.decompress(chunk, self._limit + 1)
        except zlib.error:
            if self._window_bits != _ZLIB or self._has_format:
                raise
            # Some servers send "deflate" without the zlib header.
            self._unpacker, self._window_bits = zlib.decompressobj(_RAW), _RAW
            found = self._unpacker.decompress(chunk, self._limit + 1)
        self._has_format = True
        return found


class _Brotli:
    def __init__(self, limit: int) -> None:
        self._unpacker, self._limit = brotli.Decompressor(), limit
        self.began = self.is_finished = False

    def unpack(self, chunk: bytes) -> bytes:
        if self.is_finished or not chunk:
            return b""
        self.began = True
        parts = [self._unpacker.process(chunk, output_buffer_limit=_PIECE)]
        size = len(parts[0])
        while size <= self._limit and not (self._unpacker.is_finished() or self._unpacker.can_accept_more_data()):
            parts.append(self._unpacker.process(b"", output_buffer_limit=_PIECE))
            size += len(parts[-1])
        self.is_finished = self._unpacker.is_finished()
        return b"".join(parts)


_STEPS: Mapping[str, Callable[[int], _Step]] = {
    "gzip": lambda limit: _Zlib(_GZIP, limit),
    "x-gzip": lambda limit: _Zlib(_GZIP, limit),
    "deflate": lambda limit: _Zlib(_ZLIB, limit),
    "br": lambda limit: _Brotli(limit),
    **({"zstd": zstd.Zstd} if zstd.IS_THERE else {}),
}
