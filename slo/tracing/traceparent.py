"""The header that ties a request to its trace: W3C Trace Context, https://www.w3.org/TR/trace-context/."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

HEADER = "traceparent"
_VALID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class TraceIds:
    """Makes trace contexts. Its generator is seeded by the operating system, once: not by what a locustfile seeds."""

    def __init__(self) -> None:
        self._bits: Callable[[int], int] = Random().getrandbits  # unique, not secret

    def context(self) -> tuple[str, str]:
        """Return a new trace's id and the header's value: version 00, trace id, span id, flags 01 (sampled)."""
        # One number for both ids: all zeros in one of them, which the standard forbids, never comes in practice.
        both = f"{self._bits(192):048x}"
        trace_id = both[:32]
        return trace_id, f"00-{trace_id}-{both[32:]}-01"


def is_trace_id(text: object) -> bool:
    """Return whether ``text`` is 32 lower-case hexadecimal digits that are not all zero."""
    return isinstance(text, str) and _VALID.fullmatch(text) is not None


def trace_id_in(headers: object) -> str | None:
    """Return the trace id in a request's ``headers``; None without one."""
    if not isinstance(headers, Mapping):
        return None
    for name, value in headers.items():
        if _text(name).lower() == HEADER:
            found = _SENT.fullmatch(_text(value).strip())
            return found[1] if found and is_trace_id(found[1]) else None
    return None


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
