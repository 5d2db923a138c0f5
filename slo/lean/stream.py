"""The body of an answer that is read as it arrives, and only as far as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from slo.lean.connection import Connection
from slo.lean.pool import Pool
from slo.lean.unpacker import Unpacker


class Stream:
    """Reads from a connection what the server sends; nothing is read ahead, so that a slow reader slows the server.

    Each wait takes the request's timeout at most, all of them its limit for a whole answer. An error (LeanError,
    OSError) ends the stream and its connection.
    """

    def __init__(self, connection: Connection, pool: Pool, unpacker: Unpacker | None) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self._unpacker = unpacker
        self._ready = b""

    def read_available(self) -> bytes:
        """Return the next bytes of the body, at least one; b"" at its end."""
        while self._connection is not None:
            parser = self._connection.parser
            try:
                chunk, self._ready = self._ready or parser.drain(), b""
                if self._unpacker is not None:
                    chunk = self._unpacker.unpack(chunk, parser.complete)
                if chunk:
                    return chunk
                if parser.complete:
                    connection, self._connection = self._connection, None
                    self._pool.release(connection, parser.reusable())
                    return b""
                self._connection.receive_more()
            except BaseException:
                self.close()
                raise
        return b""

    def read(self, size: int = -1) -> bytes:
        """Return the rest of the body, or its next ``size`` bytes: fewer at its end only."""
        parts: list[bytes] = []
        missing = size
        while missing and (chunk := self.read_available()):
            if 0 <= missing < len(chunk):
                chunk = self._put_back(chunk, missing)
            parts.append(chunk)
            missing -= len(chunk) if size >= 0 else 0
        return b"".join(parts)

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield the body as it arrives, at most ``size`` bytes at a time."""
        while chunk := self.read_available():
            for start in range(0, len(chunk), size):
                yield chunk[start : start + size]

    def close(self) -> None:
        """Close the connection if the body was not read to its end."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.discard(connection)

    def _put_back(self, chunk: bytes, size: int) -> bytes:
        if self._unpacker is None:
            self._ready = chunk[size:]
        else:
            self._unpacker.put_back(chunk[size:])
        return chunk[:size]

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None:
            self.close()
