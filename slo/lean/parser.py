"""A parser for the responses of one connection, by llhttp (C, with geventhttpclient's binding, which Locust brings)."""

from __future__ import annotations

from collections.abc import Sequence

from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

from slo.lean.errors import DisconnectedError, MalformedError, TooLargeError
from slo.lean.heads import END, Head, HeadCache, special_in

MAX_HEAD_BYTES = 256 * 1024
NO_CONTENT = b""
_WITHOUT_BODY = frozenset({204, 304})


class Parser(HTTPResponseParser):
    """Takes bytes until ``complete``; then status, reason, names, values and content are those of the response.

    Do not change the lists of a response: others may share them. Interim responses (1xx) are skipped.
    """

    def __init__(self, max_body_bytes: int, heads: HeadCache | None = None) -> None:
        super().__init__()
        self._heads = heads or HeadCache()
        self._max_body_bytes = max_body_bytes
        self._names: list[str] = []
        self._values: list[str] = []
        self._parts: list[bytearray] = []
        self._reasons: list[str] = []
        # Lists' own methods: the binding calls them from C without a Python frame, a dozen times a response.
        self._on_header_field = self._names.append
        self._on_header_value = self._values.append
        self._on_body = self._parts.append
        self._on_status = self._reasons.append
        self._in_pieces = False
        self.begin(False)

    def begin(self, bodiless: bool) -> None:
        """Prepare for the next response; ``bodiless`` means that it has no body, whatever its head says."""
        self._bodiless = bodiless
        if self._in_pieces:
            self._in_pieces = False
            self._on_header_field, self._on_header_value = self._names.append, self._values.append
        self.complete = self.has_head = False
        self.received = 0
        self._junk = self._recalled = False
        self._head_bytes = self._drained = 0

    def take(self, data: bytes) -> None:
        """Take what arrived, b"" for the end of the connection.

        Raises DisconnectedError, MalformedError or TooLargeError; after either the connection is of no use.
        """
        heads = self._heads
        if self.received or self._bodiless or not heads.useful:
            self._take(data)
            return
        if not data:
            raise DisconnectedError("connection closed by the server before it answered")
        end = data.find(END) + len(END)
        head = data[:end]
        known = heads.known.get(head)
        if known is not None and len(data) - end == known.length:
            self.received = len(data)
            _, self.status, self.reason, self.names, self.values, self.special = known
            self.content = data[end:]
            self.complete = self._recalled = True
            heads.misses = 0
            return
        self._take(data)
        if self.complete and self.reusable() and self.content == data[end:]:
            heads.keep(head, Head(len(data) - end, self.status, self.reason, self.names, self.values, self.special))

    def _take(self, data: bytes) -> None:
        if not data and not self.received:
            raise DisconnectedError("connection closed by the server before it answered")
        self.received += len(data)
        try:
            self.feed(data)
        except HTTPParseError as error:
            self._junk = True
            if not self.complete:
                raise self._reason(data, error) from None
        if self.complete:
            if len(self.content) > self._max_body_bytes:
                raise self._too_large()
            return
        if not data:
            raise self._reason(data, None)
        if not self.has_head:
            self._in_pieces = True
            self._on_header_field, self._on_header_value = self._more_of_name, self._more_of_value
            self._head_bytes = self.received
            if self.received > MAX_HEAD_BYTES:
                raise TooLargeError(f"the answer's head is larger than {MAX_HEAD_BYTES} bytes")
        elif self.received - self._head_bytes > self._max_body_bytes + MAX_HEAD_BYTES:
            raise self._too_large()

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the answer is larger than {self._max_body_bytes} bytes")

    def _reason(self, data: bytes, error: Exception | None) -> Exception:
        if not data:
            where = "answer's body" if self.has_head else "answer's head"
            return DisconnectedError(f"connection closed by the server in the {where}")
        return MalformedError(f"the answer is not valid HTTP: {error.args[0] if error and error.args else error}")

    def drain(self) -> bytes:
        """Return what has arrived of the body since the last call, for a body that is read as it arrives.

        Raises TooLargeError once the whole is larger than allowed.
        """
        if self.complete:
            found, self.content = self.content, NO_CONTENT
        else:
            found = b"".join(self._parts)
        self._parts.clear()
        self._drained += len(found)
        if self._drained > self._max_body_bytes:
            raise self._too_large()
        return found

    def reusable(self) -> bool:
        """Whether the connection may carry another request."""
        return self._recalled or (self.complete and not self._junk and bool(self.should_keep_alive()))

    # What the binding calls. A name or value that arrives in pieces comes in pieces.

    def _more_of_name(self, text: str) -> None:
        if len(self._names) > len(self._values):
            self._names[-1] += text
        else:
            self._names.append(text)

    def _more_of_value(self, text: str) -> None:
        if len(self._names) > len(self._values):
            self._values.append(text)
        else:
            self._values[-1] += text

    def _on_message_begin(self) -> None:
        if self.complete:
            self._junk = True  # more data than one response: it belongs to no request
            return
        self._names.clear()
        self._values.clear()
        self._parts.clear()
        self._reasons.clear()
        self.has_head = False

    def _on_headers_complete(self) -> bool:
        self.has_head = True
        status = self.get_code()
        if status >= 200:
            self.status = status
            self.names = self._names[:]  # what comes later are trailers
            self.values = self._values[:]
            self.special = special_in(self.names)
            self.reason = "".join(self._reasons)
        return self._bodiless

    def _on_message_complete(self) -> None:
        if self.complete:
            return
        status: int = self.get_code()
        if status < 200:
            self.has_head = False
            return
        parts = self._parts
        if status in _WITHOUT_BODY and not self._bodiless:
            self._junk = _announces_body(self.names, self.values)
        self.content = (bytes(parts[0]) if len(parts) == 1 else b"".join(parts)) if parts else NO_CONTENT
        self.complete = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} complete={self.complete}>"


def _announces_body(names: Sequence[str], values: Sequence[str]) -> bool:
    """Return whether a head announces a body, which some servers send although the status has none."""
    found = {name.lower(): value.strip() for name, value in zip(names, values, strict=True)}
    return "transfer-encoding" in found or found.get("content-length", "0") != "0"
