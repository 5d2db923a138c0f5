"""Faults that can be requested: latency, errors, capacity, outage of the PMS, rate limit, memory leak."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

ENDPOINTS = (
    "health_live",
    "health_ready",
    "whatsapp_webhook",
    "pms_availability",
    "pms_room_types",
    "create_reservation",
    "get_reservation",
    "metrics",
    "admin_tenants",
    "admin_feature_flags",
)
NO_ERRORS = "health_live"
"""Answers successfully whatever ``error_ratio`` says, so that a probe can tell a faulty API from a dead one."""

_GOLDEN = (math.sqrt(5) - 1) / 2
_NORMAL = NormalDist()
_DEFAULTS: Mapping[str, float | int | bool] = {
    "latency_ms": 0.0,
    "latency_spread": 0.0,
    "error_ratio": 0.0,
    "capacity": 0,
    "pms_outage": False,
    "rate_limit": 0.0,
    "rate_burst": 0,
    "leak_bytes": 0,
}
_MOST: Mapping[str, float] = {
    "latency_ms": 600_000,
    "latency_spread": 5,
    "error_ratio": 1,
    "capacity": 100_000,
    "rate_limit": 1_000_000,
    "rate_burst": 1_000_000,
    "leak_bytes": 16 * 1024 * 1024,
}
_PER_ENDPOINT = ("latency_ms", "latency_spread", "error_ratio")


class FaultError(ValueError):
    """An invalid fault; ``field`` names it and the text says what is allowed."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field} {words}")
        self.field = field


class Faults:
    """The faults in force, for all endpoints and for single ones, and what they do to the next request.

    Errors and latencies are spread evenly instead of drawn: of any 100 requests with an error ratio of 5 %,
    five fail, and the latencies fill their distribution's quantiles. A test of 5 % is then a test of 5 %.
    """

    def __init__(self) -> None:
        self._all: dict[str, Any] = dict(_DEFAULTS)
        self._own: dict[str, dict[str, float]] = {}
        self._owed: dict[str, float] = {}
        self._turn: dict[str, int] = {}

    def __getitem__(self, name: str) -> Any:
        """Return the setting ``name`` for all endpoints."""
        return self._all[name]

    def change(self, changes: Mapping[str, Any]) -> None:
        """Merge ``changes``: settings by name, and ``endpoints`` with settings of single ones.

        An endpoint set to None follows the others again. Raises FaultError and changes nothing if one of
        them is invalid.
        """
        wanted, own = dict(self._all), {name: dict(settings) for name, settings in self._own.items()}
        for name, value in changes.items():
            if name == "endpoints":
                _merge_endpoints(own, value)
            elif name in _DEFAULTS:
                wanted[name] = _checked(name, value)
            else:
                raise FaultError(name, f"is no fault; there are {', '.join([*_DEFAULTS, 'endpoints'])}")
        self._all, self._own = wanted, own

    def to_data(self) -> dict[str, Any]:
        """Return the faults in force as plain data that ``change`` takes."""
        return {**self._all, "endpoints": {name: dict(settings) for name, settings in self._own.items()}}

    def latency_s(self, endpoint: str) -> float:
        """Return the latency to add to the endpoint's next request, in seconds.

        Lognormal: the median is ``latency_ms``, the spread is the standard deviation of its logarithm.
        """
        median, spread = self._of(endpoint, "latency_ms"), self._of(endpoint, "latency_spread")
        if not median or not spread:
            return median / 1000
        turn = self._turn[endpoint] = self._turn.get(endpoint, 0) + 1
        # The golden ratio's multiples fill the unit interval more evenly than random numbers do.
        share = min(max(turn * _GOLDEN % 1, 1e-6), 1 - 1e-6)
        return float(median / 1000 * math.exp(spread * _NORMAL.inv_cdf(share)))

    def fails(self, endpoint: str) -> bool:
        """Return whether the endpoint's next request is to fail."""
        if endpoint == NO_ERRORS and "error_ratio" not in self._own.get(endpoint, {}):
            return False
        # One account for all that follow the common ratio, so that a rare endpoint shares in it too.
        account = endpoint if "error_ratio" in self._own.get(endpoint, {}) else ""
        owed = self._owed.get(account, 0.0) + self._of(endpoint, "error_ratio")
        due = owed >= 1 - 1e-9
        self._owed[account] = owed - due
        return due

    def _of(self, endpoint: str, name: str) -> float:
        return float(self._own.get(endpoint, {}).get(name, self._all[name]))


def _merge_endpoints(own: dict[str, dict[str, float]], changes: Any) -> None:
    if not isinstance(changes, Mapping):
        raise FaultError("endpoints", "must map endpoints to their faults")
    for endpoint, settings in changes.items():
        where = f"endpoints.{endpoint}"
        if endpoint not in ENDPOINTS:
            raise FaultError(where, f"is no endpoint; there are {', '.join(ENDPOINTS)}")
        if settings is None:
            own.pop(endpoint, None)
            continue
        if not isinstance(settings, Mapping):
            raise FaultError(where, f"must map {', '.join(_PER_ENDPOINT)} to numbers")
        for name, value in settings.items():
            if name not in _PER_ENDPOINT:
                raise FaultError(f"{where}.{name}", f"is not one of {', '.join(_PER_ENDPOINT)}")
            own.setdefault(endpoint, {})[name] = _checked(name, value, f"{where}.{name}")


def _checked(name: str, value: Any, where: str | None = None) -> Any:
    kind = type(_DEFAULTS[name])
    if kind is bool:
        if not isinstance(value, bool):
            raise FaultError(where or name, "must be true or false")
        return value
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not 0 <= value <= _MOST[name] or (kind is int and value != int(value)):
        a_kind = "a whole number" if kind is int else "a number"
        raise FaultError(where or name, f"must be {a_kind} from 0 to {_MOST[name]:g}, not {str(value)[:40]}")
    return kind(value)
