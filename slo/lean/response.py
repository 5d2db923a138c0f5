"""The response to a request, or its error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from charset_normalizer import detect
from requests.utils import get_encoding_from_headers

from slo.lean.chunks import decoded, lines_of
from slo.lean.headers import Headers

DETECTED_BYTES = 64 * 1024
"""How much of a text is looked at for its encoding: other users wait meanwhile."""

_TEXTS = ("text/", "application/json", "application/x-www-form-urlencoded")


class SentRequest(NamedTuple):
    """The request that was sent: the last one if there were redirects."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | bytes
    """Text where the content type is one of text, JSON or a form; else bytes."""


class Response:
    """The same interface as FastHttpUser's: without a response status_code is 0, content and headers are None.

    ``error`` is why the request counts as failed: no response, or an unsuccessful status.
    """

    status_code: int = 0
    reason: str = ""
    content: bytes | None = None
    encoding: str | None = None
    """How ``text`` is read; set it where the headers are wrong."""
    history: Sequence[Response] = ()
    """The answers that led here, the first one first."""
    request_meta: dict[str, Any] = {}  # noqa: RUF012  # never changed in place: each request has its own
    """The fields of Locust's request event."""
    _sent: tuple[bytes, bytes] = (b"", b"")
    _names: Sequence[str] | None = None
    _values: Sequence[str] = ()
    _headers: Headers | None = None

    def __init__(self, url: str, method: str, error: Exception | None = None) -> None:
        self.url = url
        self.error = error
        self._method = method

    @property
    def headers(self) -> Headers | None:
        """The response's headers, None without a response."""
        if self._headers is None and self._names is not None:
            self._headers = Headers(self._names, self._values)
        return self._headers

    def header(self, name: str) -> str | None:
        """Return one header; None without it."""
        headers = self.headers
        return headers.get(name) if headers is not None else None

    @property
    def ok(self) -> bool:
        """Whether the status is below 400, which it also is without an answer, as with FastHttpUser."""
        return self.status_code < 400

    @property
    def text(self) -> str | None:
        """The content as text: in ``encoding``, else in the charset of the headers, else in a detected one."""
        if self.content is None:
            return None
        if self.encoding is None:
            said = get_encoding_from_headers(self.headers or {})  # type: ignore[arg-type]
            self.encoding = said or _encoding_of(self.content)
        if self.encoding is None:
            return "" if not self.content else None
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self, **words: Any) -> Any:
        """Return the content parsed as JSON, in UTF-8, UTF-16 or UTF-32; raises ValueError if it is not JSON."""
        try:
            return json.loads(self.content or b"", **words)
        except UnicodeDecodeError:
            return json.loads(self.text or "", **words)  # against RFC 8259, in the charset of the headers

    @property
    def elapsed(self) -> timedelta:
        """From before the request was sent until the whole answer was read, redirects included."""
        return timedelta(milliseconds=self.request_meta.get("response_time", 0.0))

    @property
    def request(self) -> SentRequest:
        """What was asked."""
        head, body = self._sent
        lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:] if line]
        headers = {name: value for name, _, value in lines}
        is_text = headers.get("Content-Type", "").startswith(_TEXTS)
        return SentRequest(self._method, self.url, headers, body.decode("utf-8", "replace") if is_text else body)

    def raise_for_status(self) -> None:
        """Raise what the request failed with, if it did."""
        if self.error is not None:
            raise self.error

    def iter_content(self, chunk_size: int = 1024, decode_content: bool = True) -> Iterator[str | bytes]:
        """Yield the body in pieces of at most ``chunk_size`` bytes; a stream's as they arrive.

        With ``decode_content`` as text where it is UTF-8, as FastHttpUser does.
        """
        chunks = self._chunks(max(chunk_size or 1, 1))
        return decoded(chunks) if decode_content else chunks

    def iter_lines(self, chunk_size: int = 1024) -> Iterator[str]:
        """Yield the lines of the body without their ends; a stream's as they arrive."""
        return lines_of(self._chunks(max(chunk_size or 1, 1)))

    def _chunks(self, size: int) -> Iterator[bytes]:
        content = self.content or b""
        return (content[start : start + size] for start in range(0, len(content), size))

    def close(self) -> None:
        """Do nothing: an answer that was read whole has no connection."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code}]>"


def _encoding_of(content: bytes) -> str | None:
    """Return the encoding of a text whose headers name none: UTF-8 if it is that, else what it looks like."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return detect(content[:DETECTED_BYTES])["encoding"]
    return "utf-8" if content else None
