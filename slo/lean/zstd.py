"""Unpacking Zstandard (RFC 8878), where a module for it is there: Python 3.14's, its backport, or zstandard."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WINDOW_LOG = 23
"""The window that a content encoding may need is 8 MiB at most (RFC 9659)."""
_SLICE = 1024
"""Bytes that zstandard unpacks at once, as it knows no limit: four bytes become 128 KiB at most."""
_PIECE = 64 * 1024
"""Bytes that the others unpack at once: what is left of them at the end of a frame is copied."""


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
        view, at, size = memoryview(chunk), 0, 0
        while at < len(view) and size <= self._limit:
            if self._unpacker is None or self._unpacker.eof:
                self._unpacker = _unpacker()
            self.began = True
            piece = view[at : at + (_PIECE if _LIKE_PYTHON else _SLICE)]
            found.append(self._unpack_piece(piece))
            size += len(found[-1])
            at += len(piece) - (len(self._unpacker.unused_data) if self._unpacker.eof else 0)
        self.is_finished = self._unpacker is not None and self._unpacker.eof
        return b"".join(found)

    def _unpack_piece(self, piece: memoryview) -> bytes:
        if _LIKE_PYTHON:
            return self._unpacker.decompress(piece, self._limit + 1)  # type: ignore[no-any-return]
        return self._unpacker.decompress(piece)  # type: ignore[no-any-return]


def _unpacker() -> Any:
    if _LIKE_PYTHON:
        return _LIKE_PYTHON.ZstdDecompressor(options={_LIKE_PYTHON.DecompressionParameter.window_log_max: _WINDOW_LOG})
    return _ZSTANDARD.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG).decompressobj()
