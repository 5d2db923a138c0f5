"""Failure kinds: short and stable texts for why a request failed."""

from __future__ import annotations

import re
from typing import Any

MAX_TEXT = 120
"""Maximum length of an exception's text, in characters."""

_NUMBERS = re.compile(r"\d{4,}|0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}")
_SPACES = re.compile(r"\s+")
_TIMEOUTS = ("timeout", "timed out")


def status_of(response: Any) -> int:
    """Return the HTTP status code of a response object; 0 without one."""
    status = getattr(response, "status_code", 0)
    return status if isinstance(status, int) else 0


def kind_of(exception: object, response: Any = None) -> str:
    """Return the failure's kind: ``HTTP 503``, ``timeout``, ``connection ...`` or the exception's text.

    Numbers of four digits and more, addresses and UUIDs are replaced in a text, so that one cause stays one
    kind; the text is cut at ``MAX_TEXT`` characters.
    """
    status = status_of(response)
    if status >= 400 and not _is_user_text(exception):
        return f"HTTP {status}"
    words = f"{type(exception).__name__} {exception}".lower()
    if any(word in words for word in _TIMEOUTS):
        return "timeout"
    if "refused" in words:
        return "connection refused"
    if "reset" in words or "broken pipe" in words:
        return "connection reset"
    if isinstance(exception, OSError) or "connection" in words:
        return f"connection: {_stable(exception)}"
    return _stable(exception)


def _is_user_text(exception: object) -> bool:
    """Return whether the locustfile called ``response.failure(text)``: its text is more specific."""
    return type(exception).__name__ == "CatchResponseError"


def _stable(exception: object) -> str:
    text = str(exception) if not isinstance(exception, BaseException) or str(exception) else repr(exception)
    if isinstance(exception, BaseException) and not _is_user_text(exception):
        text = f"{type(exception).__name__}: {text}"
    return _SPACES.sub(" ", _NUMBERS.sub("#", text)).strip()[:MAX_TEXT] or "failure without a text"
