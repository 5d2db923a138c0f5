"""Names and values as a query or a form has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

Fields = Mapping[str, Any] | Iterable[tuple[str, Any]]


def encode(fields: Fields) -> str:
    """Return ``fields`` percent-encoded, a list of values one by one; None is left out, as requests does."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return urlencode([(name, one) for name, value in pairs for one in _values(value) if one is not None])


def _values(value: Any) -> Iterable[Any]:
    return [value] if isinstance(value, str | bytes) or not isinstance(value, Iterable) else value
