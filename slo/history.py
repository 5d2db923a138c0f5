"""Intervals of a run in order, within bounded memory.

Memory: at most ``MAX_INTERVALS`` intervals are kept. Intervals are one second at first; when the bound is
reached, neighbours among all but the newest ``KEEP_FINE`` are added together to 2 s, then 4 s, and so on,
within their stage.
No count is ever lost. One endpoint in one interval is kept packed, in about 60 bytes plus 3 to 5 bytes per
distinct latency bucket. For the hotel's ten endpoints at 50 requests/s, 2048 intervals take under 10 MB,
after one hour as after a day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.tally import OTHER, Tally

MAX_INTERVALS = 2048
KEEP_FINE = 256
LONGEST_MS = 10**12
MAX_ENDPOINTS = 500
"""Endpoint names kept apart; later ones are counted as ``(other)``."""


@dataclass(slots=True)
class Interval:
    """What happened from ``start_ms`` to ``end_ms`` after the run's start, within one stage.

    ``cells`` maps endpoint to its packed ``Tally``.
    """

    start_ms: int
    end_ms: int
    stage: str
    cells: dict[str, bytes] = field(default_factory=dict)

    def tallies(self) -> Iterator[tuple[str, Tally]]:
        """Yield each endpoint with its counts."""
        for endpoint, packed in self.cells.items():
            yield endpoint, Tally.unpack(packed)

    def absorb(self, other: Interval) -> None:
        """Add the counts of ``other`` and stretch over its time."""
        self.start_ms = min(self.start_ms, other.start_ms)
        self.end_ms = max(self.end_ms, other.end_ms)
        for endpoint, packed in other.cells.items():
            mine = self.cells.get(endpoint)
            if mine is None:
                self.cells[endpoint] = packed
            else:
                tally = Tally.unpack(mine)
                tally.add(Tally.unpack(packed))
                self.cells[endpoint] = tally.pack()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "stage": self.stage,
            "endpoints": {endpoint: tally.to_data() for endpoint, tally in self.tallies()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Interval:
        """Return the interval that ``to_data`` described; raises ValueError when it is damaged."""
        cells = {name: Tally.from_data(tally).pack() for name, tally in data["endpoints"].items()}
        return cls(data["start_ms"], data["end_ms"], data["stage"], cells)

    def to_wire(self) -> list[Any]:
        """Return msgpack-able data; the cells stay packed."""
        return [self.start_ms, self.end_ms, self.stage, self.cells]

    @classmethod
    def from_wire(cls, data: list[Any]) -> Interval:
        """Return the interval that ``to_wire`` described."""
        start_ms, end_ms, stage, cells = data
        return cls(start_ms, end_ms, stage, dict(cells))


class History:
    """The intervals of one run; accepts them in any order and from many recorders.

    Beyond the bound each new interval costs the merge of one old pair: the work is spread evenly, because it
    happens in the process that measures latency.
    """

    def __init__(self, max_intervals: int = MAX_INTERVALS, keep_fine: int = KEEP_FINE) -> None:
        self._max = max_intervals
        self._keep = keep_fine
        self._stages: dict[str, int] = {}
        self._intervals: list[Interval] = []
        self._widest_ms = 2000
        self._cursor = 0
        self._endpoints: set[str] = set()

    def add(self, interval: Interval) -> None:
        """Add an interval; it is merged with what is there of the same time and stage."""
        self._stages.setdefault(interval.stage, len(self._stages))
        newcomer = Interval(interval.start_ms, interval.end_ms, interval.stage, self._capped(interval.cells))
        place = bisect_right(self._intervals, self._key(newcomer), key=self._key)
        home = self._intervals[place - 1] if place else None
        if home is not None and home.stage == newcomer.stage and self._within(home, newcomer):
            home.absorb(newcomer)
            return
        self._intervals.insert(place, newcomer)
        while len(self._intervals) > self._max and self._merge_one_pair():
            pass

    def intervals(self) -> list[Interval]:
        """Return all intervals in the order of their time."""
        return sorted(self._intervals, key=lambda i: (i.start_ms, i.end_ms))

    def __len__(self) -> int:
        return len(self._intervals)

    def _key(self, interval: Interval) -> tuple[int, int]:
        return self._stages[interval.stage], interval.start_ms

    @staticmethod
    def _within(home: Interval, newcomer: Interval) -> bool:
        coarse = home.end_ms - home.start_ms > 1000
        return home.start_ms == newcomer.start_ms or (coarse and newcomer.start_ms < home.end_ms)

    def _capped(self, cells: dict[str, bytes]) -> dict[str, bytes]:
        capped: dict[str, bytes] = {}
        overflow: list[Tally] = []
        for endpoint, packed in cells.items():
            if endpoint in self._endpoints or len(self._endpoints) < MAX_ENDPOINTS:
                self._endpoints.add(endpoint)
                capped[endpoint] = packed
            else:
                overflow.append(Tally.unpack(packed))
        if overflow:
            rest = [Tally.unpack(capped[OTHER])] if OTHER in capped else []
            capped[OTHER] = Tally.merged([*rest, *overflow]).pack()
        return capped

    def _merge_one_pair(self) -> bool:
        """Merge the next two neighbours that are narrow enough; False when nothing is left to merge."""
        while self._widest_ms < LONGEST_MS:
            while self._cursor < len(self._intervals) - self._keep - 1:
                left, right = self._intervals[self._cursor : self._cursor + 2]
                width_ms = max(left.end_ms, right.end_ms) - left.start_ms
                if left.stage == right.stage and width_ms <= self._widest_ms:
                    left.absorb(right)
                    del self._intervals[self._cursor + 1]
                    return True
                self._cursor += 1
            self._cursor = 0
            self._widest_ms *= 2
        return False
