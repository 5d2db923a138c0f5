"""Records of version 1, which did not have the methods of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def upgraded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of version 1 as one of version 2, in which no method is known; what is damaged stays so."""
    intervals = data.get("intervals")
    if isinstance(intervals, list):
        intervals = [_with_methods(one) for one in intervals]
    return {**data, "version": 2, "intervals": intervals}


def _with_methods(interval: Any) -> Any:
    endpoints = interval.get("endpoints") if isinstance(interval, Mapping) else None
    if not isinstance(endpoints, Mapping):
        return interval
    return {**interval, "endpoints": {name: {"": tally} for name, tally in endpoints.items()}}
