"""Links to traces: a URL template with a placeholder for the trace id."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from slo.text import redact
from slo.tracing.traceparent import is_trace_id

PLACEHOLDER = "{trace_id}"
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?#@$&*+,;=%-]*")
MAX_LENGTH = 2000
"""Longest template, in characters."""


def validated(template: str) -> str:
    """Return ``template``; raises ValueError with a sentence where it is no http(s) URL with ``{trace_id}``."""
    like = f"it is a URL like https://tempo.example/trace/{PLACEHOLDER}"
    if PLACEHOLDER not in template:
        raise ValueError(f"it has no {PLACEHOLDER}: {like}")
    bare = template.replace(PLACEHOLDER, "0" * 32)
    if len(template) > MAX_LENGTH or not _PLAIN.fullmatch(bare):
        raise ValueError(
            f"it is longer than {MAX_LENGTH} characters, or has a character that must be encoded in a URL "
            f'(write {{ as %7B, " as %22, a space as %20): {like}'
        )
    try:
        parts = urlsplit(bare)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not template.lower().startswith(("http://", "https://")):
        raise ValueError(f"it does not begin with http:// or https:// and a host: {like}")
    if PLACEHOLDER in template[: len(template) - len(template.split("//", 1)[1].partition("/")[2])]:
        raise ValueError(f"the host must not hold {PLACEHOLDER}: {like}")
    if redact.without_credentials(template) != template:
        raise ValueError(f"it contains what looks like a password or a token, and reports are passed on: {like}")
    return template


def link(template: object, trace_id: str) -> str | None:
    """Return the URL of a trace; None without a valid template or for an invalid id, as a damaged record may have."""
    if not isinstance(template, str) or not is_trace_id(trace_id):
        return None
    try:
        return validated(template).replace(PLACEHOLDER, trace_id)
    except ValueError:
        return None
