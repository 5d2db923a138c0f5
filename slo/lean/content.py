"""Unpacking an answer's body, never beyond a limit: a small body can hold gigabytes."""

from __future__ import annotations

import zlib

import brotli

from slo.lean.errors import MalformedError, TooLargeError

ACCEPTED = "gzip, deflate, br"
_STEP = 256 * 1024


def decompress(body: bytes, encodings: str, limit: int) -> bytes:
    """Return ``body`` without its content encodings ("gzip", "deflate, br"), in bytes.

    An unknown encoding leaves the body as it is, as requests does. Raises MalformedError for a body that is not
    in its declared encoding, TooLargeError beyond ``limit`` bytes.
    """
    for encoding in reversed(encodings.lower().split(",")):
        unpacker = _UNPACKERS.get(encoding.strip())
        if unpacker is None or not body:
            continue
        try:
            body = unpacker(body, limit)
        except (zlib.error, brotli.error) as error:
            raise MalformedError(f"the answer's body is not valid {encoding.strip()}: {error}") from None
    return body


def _gzip(body: bytes, limit: int) -> bytes:
    whole = b""
    while body:
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        whole += unpacker.decompress(body, limit + 1 - len(whole))
        _check(len(whole), limit)
        if not unpacker.eof:
            raise zlib.error("it ends too early")
        body = unpacker.unused_data  # several consecutive members are one body (RFC 1952); padding is not a member
        if body[:2] != b"\x1f\x8b":
            break
    return whole


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflate(body, limit, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, limit, -zlib.MAX_WBITS)  # some servers send "deflate" without the zlib header


def _inflate(body: bytes, limit: int, window_bits: int) -> bytes:
    unpacker = zlib.decompressobj(window_bits)
    whole = unpacker.decompress(body, limit + 1)
    _check(len(whole), limit)
    if not unpacker.eof:
        raise zlib.error("it ends too early")
    return whole


def _brotli(body: bytes, limit: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts = [unpacker.process(body, output_buffer_limit=_STEP)]
    size = len(parts[0])
    while not unpacker.is_finished() and not unpacker.can_accept_more_data():
        parts.append(unpacker.process(b"", output_buffer_limit=_STEP))
        size += len(parts[-1])
        _check(size, limit)
    _check(size, limit)
    if not unpacker.is_finished():
        raise brotli.error("it ends too early")
    return b"".join(parts)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise TooLargeError(f"the answer is larger than {limit} bytes when unpacked")


_UNPACKERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli}
