"""Failure kinds: short and stable texts for why a request failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slo.text.clean import cleaned
from slo.text.redact import BY_PATTERNS

MAX_TEXT = 120
"""Maximum length of an exception's text, in characters."""

_NUMBERS = re.compile(r"\d{4,}|0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}")
_SPACES = re.compile(r"\s+")
_TIMEOUTS = ("timeout", "timed out")


def status_of(response: Any) -> int:
    """Return the HTTP status code of a response object; 0 without one."""
    status = getattr(response, "status_code", 0)
    return status if isinstance(status, int) else 0


def kind_of(exception: object, response: Any = None, clean: Callable[[object], str] = BY_PATTERNS.text) -> str:
    """Return the failure's kind: ``HTTP 503``, ``timeout``, ``connection ...`` or the exception's text.

    Numbers of four digits and more, addresses and UUIDs are replaced in a text, so that one cause stays one
    kind; the text is cut at ``MAX_TEXT`` characters. ``clean`` makes a text storable and takes secrets out of it.
    """
    status = status_of(response)
    if status >= 400 and not _is_user_text(exception):
        return f"HTTP {status}"
    words = f"{type(exception).__name__} {_text(exception, clean)}".lower()
    if any(word in words for word in _TIMEOUTS):
        return "timeout"
    if "refused" in words:
        return "connection refused"
    if "reset" in words or "broken pipe" in words:
        return "connection reset"
    if isinstance(exception, OSError) or "connection" in words:
        return f"connection: {_stable(exception, clean)}"
    return _stable(exception, clean)


def text_of(exception: object, clean: Callable[[object], str] = BY_PATTERNS.text) -> str:
    """Return the type and the text of an exception, stable and short as a failure's kind."""
    return cleaned(_stable(exception, clean), MAX_TEXT)


def _is_user_text(exception: object) -> bool:
    """Return whether the locustfile called ``response.failure(text)``: its text is more specific."""
    return type(exception).__name__ == "CatchResponseError"


def _text(exception: object, clean: Callable[[object], str]) -> str:
    """Return an exception's text, or a sentence where the exception's own code fails to make it."""
    try:
        return clean(_SPACES.sub(" ", str(exception)))
    except Exception as error:  # noqa: BLE001  # the user's code: the request is counted all the same
        return f"its text cannot be made ({type(error).__name__})"


def _stable(exception: object, clean: Callable[[object], str]) -> str:
    text = _text(exception, clean) or (clean(repr(exception)) if isinstance(exception, BaseException) else "")
    if isinstance(exception, BaseException) and not _is_user_text(exception):
        text = f"{type(exception).__name__}: {text}"
    return _SPACES.sub(" ", _NUMBERS.sub("#", text)).strip()[:MAX_TEXT] or "failure without a text"
