"""Reading a tally that anybody may have written."""

from __future__ import annotations

from typing import Any

from slo.metrics.histogram import MAX_COUNT, Histogram
from slo.metrics.tally import COUNT_KEYS, HISTOGRAM_KEYS, Tally

_KEYS = {*HISTOGRAM_KEYS.values(), *COUNT_KEYS.values()}


def checked_tally(data: Any) -> Tally:
    """Return the tally of plain data; raises ValueError where it cannot be one."""
    if not isinstance(data, dict) or not set(data) <= _KEYS:
        raise ValueError("a tally has keys that it must not have")
    for key in HISTOGRAM_KEYS.values():
        if key in data:
            Histogram.checked(data[key])
    counts = [data.get(key, 0) for key in ("throttled", "untimed", "bytes")]
    for key in ("failures", "returns"):
        counts += _by_name(data.get(key, {})).values()
    for outcome in _by_name(data.get("checks", {})).values():
        if not isinstance(outcome, list) or len(outcome) != 2:
            raise ValueError("a check has two counts: passed and failed")
        counts += outcome
    if any(type(count) is not int or not 0 <= count <= MAX_COUNT for count in counts):
        raise ValueError(f"a count is a whole number from 0 to {MAX_COUNT}")
    return Tally.from_data(data)


def _by_name(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise ValueError("counts are kept by their names")
    return data
