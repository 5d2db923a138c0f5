"""Locust's own statistics, with the same counts, at a fifth of their cost for each request.

Locust counts each request twice as it ends: for its endpoint and for the total. Here latencies of requests are
collected and counted together, once a second or as soon as ``total`` or ``entries`` is read.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from locust import stats
from locust.stats import RequestStats, StatsEntry

from slo.metrics.tally import OTHER
from slo.runtime import locust_compat
from slo.text.redact import BY_PATTERNS, Redactor

MAX_ENTRIES = 1000
"""Endpoints that Locust's own table has in one process; later ones are counted as ``(other)``."""


class Batch:
    """Requests of one endpoint that wait to be counted; all ended within one second of the wall clock."""

    __slots__ = ("add", "last_s", "length", "values")

    def __init__(self) -> None:
        self.values = array("d")
        self.add = self.values.append
        self.length = 0
        self.last_s = 0.0


class BatchedStats(RequestStats):
    """Replaces Locust's ``RequestStats``; ``replace`` changes its class in place, with everything already counted."""

    _waiting: dict[tuple[str, str], Batch]
    _until_s: float
    _clean: Callable[[object], str]

    @classmethod
    def replace(cls, found: RequestStats, redactor: Redactor = BY_PATTERNS) -> None:
        """Turn Locust's statistics into ours, in place; an object of another class than Locust's is not changed.

        ``redactor`` makes names and errors storable.
        """
        if locust_compat.change_statistics_class(found, cls):
            found._waiting, found._until_s, found._clean = {}, 0.0, redactor.text  # type: ignore[attr-defined]

    @property
    def total(self) -> StatsEntry:
        """The sum of all endpoints."""
        self.count()
        return self.__dict__["total"]  # type: ignore[no-any-return]

    @total.setter
    def total(self, value: StatsEntry) -> None:
        self.count()
        self.__dict__["total"] = value

    @property
    def entries(self) -> dict[tuple[str, str], StatsEntry]:
        """The entry of each endpoint, by (name, method)."""
        self.count()
        return self.__dict__["entries"]  # type: ignore[no-any-return]

    @entries.setter
    def entries(self, value: dict[tuple[str, str], StatsEntry]) -> None:
        self.count()
        self.__dict__["entries"] = value

    def log_request(self, method: str, name: str, response_time: int, content_length: int) -> None:
        """Count one request, as Locust's own method does."""
        now_s = time.time()
        if now_s >= self._until_s:
            self.count()
            self._until_s = float(int(now_s) + 1)
        batch = self._waiting.get((name, method))
        if batch is None:
            name = self._capped(name, method)
            batch = self._waiting.get((name, method)) or self._open(name, method)
        try:
            plain, length = isfinite(response_time), batch.length + content_length
        except TypeError:
            plain, length = False, 0
        if not plain:  # no latency, which Locust counts separately, or an invalid value: let Locust's method handle it
            super().log_request(method, self._capped(name, method), response_time, content_length)
            return
        batch.add(response_time)
        batch.length = length
        batch.last_s = now_s

    def log_error(self, method: str, name: str, error: Any) -> None:
        """Take one failure; those are counted one by one, but do not make us count all that waits."""
        waiting, self._waiting = self._waiting, {}
        try:
            super().log_error(method, self._capped(name, method), _valid(error, self._clean))
        finally:
            self._waiting = waiting

    def count(self) -> None:
        """Count all that waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        for key, batch in waiting.items():
            if batch.values:
                rounded = Counter(map(stats.bucket_response_time, batch.values))
                _count(self.__dict__["entries"][key], batch, rounded)
                _count(self.__dict__["total"], batch, rounded)

    def _capped(self, name: str, method: str) -> str:
        """Return the name that a request counts under.

        A table that grows with each request would fill the memory, and what is no valid text could not be sent to the
        master.
        """
        name, entries = self._clean(name), self.__dict__["entries"]
        return name if len(entries) < MAX_ENTRIES or (name, method) in entries else OTHER

    def _open(self, name: str, method: str) -> Batch:
        batch = self._waiting[name, method] = Batch()
        self.__dict__["entries"][name, method]  # made now, if it is new: it remembers when it began
        return batch


def _count(entry: StatsEntry, batch: Batch, rounded: Mapping[int, int]) -> None:
    """Do what ``StatsEntry.log`` does (locust/stats.py), for many requests of the same second."""
    second, values = int(batch.last_s), batch.values
    if entry.use_response_times_cache and entry.last_request_timestamp and second > int(entry.last_request_timestamp):
        locust_compat.cache_response_times(entry, second - 1)
    entry.num_requests += len(values)
    entry.num_reqs_per_sec[second] += len(values)
    entry.last_request_timestamp = max(batch.last_s, entry.last_request_timestamp or 0.0)
    entry.total_response_time += sum(values)  # type: ignore[assignment]  # Locust says int and counts floats
    lowest = min(values)
    entry.min_response_time = lowest if entry.min_response_time is None else min(entry.min_response_time, lowest)  # type: ignore[assignment]
    entry.max_response_time = max(entry.max_response_time, max(values))  # type: ignore[assignment]
    for value, count in rounded.items():
        entry.response_times[value] += count
    entry.total_content_length += batch.length


def _valid(error: Any, clean: Callable[[object], str]) -> Any:
    """Return an error as it is, or a text of it where Locust, which shows ``str`` or ``repr``, must not show it."""
    try:
        shown = [str(error), repr(error)]
    except Exception:  # noqa: BLE001  # the user's code makes the text
        return clean(error)
    texts = [clean(one) for one in shown]
    return error if texts == shown else texts[0]
