"""Unpacking Zstandard (RFC 8878), where a module for it is there: Python 3.14's, its backport, or zstandard."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WINDOW_LOG = 23
"""The window that a content encoding may need is 8 MiB at most (RFC 9659)."""
_SLICE = 1024
"""Bytes that zstandard unpacks at once, as it knows no limit: four bytes become 128 KiB at most."""


def _found(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


_LIKE_PYTHON = _found("compression.zstd", "backports.zstd")
_ZSTANDARD = _found("zstandard")
IS_THERE = bool(_LIKE_PYTHON or _ZSTANDARD)
ERRORS: tuple[type[Exception], ...] = tuple(module.ZstdError for module in (_LIKE_PYTHON, _ZSTANDARD) if module)
"""What a body that is not Zstandard raises."""


class Zstd:
    """Unpacks frames one after the other; ``unpack`` returns at most a little more than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._unpacker: Any = None
        self.began = self.is_finished = False

    def unpack(self, chunk: bytes) -> bytes:
        """Return what the next bytes become; raises one of ERRORS."""
        found: list[bytes] = []
        size = 0
        while chunk and size <= self._limit:
            if self._unpacker is None or self._unpacker.eof:
                self._unpacker = _unpacker()
            self.began = True
            piece, chunk = self._unpack_some(chunk)
            found.append(piece)
            size += len(piece)
        self.is_finished = self._unpacker is not None and self._unpacker.eof
        return b"".join(found)

    def _unpack_some(self, chunk: bytes) -> tuple[bytes, bytes]:
        """Return some of what ``chunk`` becomes, and what of it is left."""
        if _LIKE_PYTHON:
            piece, left = self._unpacker.decompress(chunk, self._limit + 1), b""
        else:
            piece, left = self._unpacker.decompress(chunk[:_SLICE]), chunk[_SLICE:]
        return piece, self._unpacker.unused_data + left if self._unpacker.eof else left


def _unpacker() -> Any:
    if _LIKE_PYTHON:
        return _LIKE_PYTHON.ZstdDecompressor(options={_LIKE_PYTHON.DecompressionParameter.window_log_max: _WINDOW_LOG})
    return _ZSTANDARD.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG).decompressobj()
