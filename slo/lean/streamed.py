"""The response to a request with ``stream=True``: its body is read by whoever has it."""

from __future__ import annotations

from collections.abc import Iterator

from slo.lean.caught import CaughtResponse
from slo.lean.errors import DisconnectedError
from slo.lean.stream import Stream


class StreamedResponse(CaughtResponse):
    """``content``, ``text`` and ``json()`` read the rest; ``iter_content`` and ``iter_lines`` read as it arrives.

    An error while reading raises (LeanError, OSError): within a with-block it makes the request a failed one.
    """

    _stream: Stream | None = None
    _whole: bytes | None = None

    @property
    def stream(self) -> Stream:
        """The body, with ``read(size)`` as a file has it; raises DisconnectedError where the request failed."""
        if self._stream is None:
            raise DisconnectedError("there is no body to read: the request failed")
        return self._stream

    @property
    def content(self) -> bytes | None:  # type: ignore[override]
        """The rest of the body: all of it, where nothing was read before; None without a response."""
        if self._whole is None and self._stream is not None:
            self._whole = self._stream.read()
        return self._whole

    def _chunks(self, size: int) -> Iterator[bytes]:
        return self.stream.chunks(size)

    def close(self) -> None:
        """Close the connection, unless the body was read to its end."""
        if self._stream is not None:
            self._stream.close()
