"""The intervals of a run in order, within bounded memory.

The newest ``OPEN_MS`` of the run stay open, as tallies that the reports of many workers are added to; older ones
are packed. Memory: at most ``MAX_INTERVALS`` packed intervals are kept. Intervals last one second at first; when the
limit is reached, neighbours among all but the newest ``KEEP_FINE`` are merged to 2 s, then 4 s, and so on, within
their stage and never across the end of a warm-up. No count is ever lost. One endpoint in one interval is kept packed,
in about 60 bytes plus 3 to 5 bytes per distinct latency bucket. For ten endpoints at 50 requests/s,
2048 intervals take under 10 MB, after one hour as after a day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from slo.metrics.arrivals import NO_ARRIVALS, Arrivals
from slo.metrics.endpoint import EndpointNames
from slo.metrics.tally import OTHER, Tally
from slo.metrics.tally_table import TallyTable
from slo.record.interval import Interval
from slo.record.run_counts import RunCounts

MAX_INTERVALS = 2048
KEEP_FINE = 256
MAX_TIME_MS = 10**12
WIDTH_RATIO = 16
"""Neighbours of different widths are merged once intervals may be this many times wider than the wider one."""
OPEN_MS = 20_000
"""Intervals that begin at most this long before the newest one are open; counts of older ones are added packed."""
MAX_ENDPOINTS = 500
"""Endpoint names kept separately; later ones are counted as ``(other)``."""
MANY_ENDPOINTS = 400
"""From so many names on a run is warned of."""


@dataclass(slots=True)
class _Segment:
    """The sum of what is packed between two ends of warm-ups; ``end_ms`` is the end of its last interval."""

    tallies: TallyTable = field(default_factory=TallyTable)
    arrivals: dict[str, Arrivals] = field(default_factory=dict)
    end_ms: int = 0


@dataclass(slots=True)
class _OpenInterval:
    """An interval that is still being added to."""

    start_ms: int
    end_ms: int
    stage: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    arrivals: Arrivals = NO_ARRIVALS

    def pack(self) -> Interval:
        packed = {endpoint: tally.pack() for endpoint, tally in self.tallies.items()}
        return Interval(self.start_ms, self.end_ms, self.stage, packed, self.arrivals)

    def add_to(self, table: TallyTable, names: EndpointNames | None = None) -> None:
        for endpoint, tally in self.tallies.items():
            table.add(names.shown(endpoint) if names else endpoint, self.stage, tally)


class History:
    """The intervals of one run; accepts them in any order and from many recorders.

    Beyond the bound each new interval costs the merge of one old pair: the work is spread evenly, because it
    happens in the process that measures latency.

    ``warmup_ends_ms`` are the times, after the run's start, from which on ``after`` can return the counts.
    """

    def __init__(
        self,
        max_intervals: int = MAX_INTERVALS,
        keep_fine: int = KEEP_FINE,
        open_ms: int = OPEN_MS,
        warmup_ends_ms: Iterable[int] = (),
    ) -> None:
        self._max = max_intervals
        self._keep_fine = keep_fine
        self._open_ms = open_ms
        self._stages: dict[str, int] = {}
        self._open: dict[tuple[str, int], _OpenInterval] = {}
        self._newest_ms = 0
        self._intervals: list[Interval] = []
        self._warmup_ends_ms = sorted(set(warmup_ends_ms))
        self._segments = [_Segment() for _ in range(len(self._warmup_ends_ms) + 1)]
        self._widest_ms = 2000
        self._merge_index = 0
        self.endpoints: set[str] = set()
        """The ids of the endpoints that are kept separately."""
        self._names = EndpointNames()

    def add(self, interval: Interval, tallies: Iterable[tuple[str, Tally]] | None = None) -> None:
        """Add an interval; it is merged with the one of the same time and stage, if there is one.

        ``tallies`` are its counts if they are unpacked already; the history owns them from then on.
        """
        self._stages.setdefault(interval.stage, len(self._stages))
        if interval.start_ms > self._newest_ms:
            self._newest_ms = interval.start_ms
            self._pack_old()
        key = (interval.stage, interval.start_ms)
        recent = interval.start_ms >= self._newest_ms - self._open_ms
        home = self._open.get(key) if recent else None
        if home is None:
            home = _OpenInterval(interval.start_ms, interval.end_ms, interval.stage)
            if recent:
                self._open[key] = home
        home.end_ms = max(home.end_ms, interval.end_ms)
        home.arrivals = home.arrivals.plus(interval.arrivals)
        for endpoint, tally in interval.tallies() if tallies is None else tallies:
            name = self.capped(endpoint)
            mine = home.tallies.get(name)
            if mine is None:
                home.tallies[name] = tally
            else:
                mine.add(tally)
        if not recent:
            self._pack(home)

    def intervals(self) -> list[Interval]:
        """Return all intervals in the order of their time."""
        recent = [one.pack() for one in self._open.values()]
        return sorted([*self._intervals, *recent], key=lambda i: (i.start_ms, i.end_ms))

    @property
    def names(self) -> EndpointNames:
        """How the endpoints are shown, of those so far."""
        self._names.update(self.endpoints)
        return self._names

    def tallies(self) -> TallyTable:
        """Return the sum of all counts by endpoint and stage."""
        return self.after(0).tallies

    def after(self, warmup_end_ms: int) -> RunCounts:
        """Return the sum of the intervals that began at the end of a warm-up or later; 0 for all.

        Endpoints are as they are shown. Raises ValueError for another time: what is before and after it is kept as
        one sum.
        """
        if warmup_end_ms and warmup_end_ms not in self._warmup_ends_ms:
            raise ValueError(f"no warm-up ends at {warmup_end_ms} ms; there are {self._warmup_ends_ms}")
        first = bisect_right(self._warmup_ends_ms, warmup_end_ms) if warmup_end_ms else 0
        tallies, names = TallyTable(), self.names
        arrivals: dict[str, Arrivals] = {}
        for segment in self._segments[first:]:
            tallies.add_all(segment.tallies, names)
            for stage, more in segment.arrivals.items():
                arrivals[stage] = arrivals.get(stage, NO_ARRIVALS).plus(more)
        since_ms = max((warmup_end_ms, *(segment.end_ms for segment in self._segments[:first])))
        for one in self._open.values():
            if one.start_ms >= warmup_end_ms:
                one.add_to(tallies, names)
                arrivals[one.stage] = arrivals.get(one.stage, NO_ARRIVALS).plus(one.arrivals)
            else:
                since_ms = max(since_ms, one.end_ms)
        found = {stage: counts for stage, counts in arrivals.items() if counts != NO_ARRIVALS}
        return RunCounts(tallies, found, since_ms)

    def window(self, start_ms: int, end_ms: int) -> TallyTable:
        """Return the counts of the intervals that begin in this time, which must be among the newest; as ``after``."""
        table, names = TallyTable(), self.names
        for one in self._open.values():
            if start_ms <= one.start_ms < end_ms:
                one.add_to(table, names)
        return table

    def __len__(self) -> int:
        return len(self._intervals) + len(self._open)

    def _pack_old(self) -> None:
        """Pack the intervals that are no longer among the newest."""
        for key in [key for key in self._open if key[1] < self._newest_ms - self._open_ms]:
            self._pack(self._open.pop(key))

    def _pack(self, one: _OpenInterval) -> None:
        """Keep an interval packed, and add it to the sum of its segment."""
        segment = self._segments[bisect_right(self._warmup_ends_ms, one.start_ms)]
        segment.end_ms = max(segment.end_ms, one.end_ms)
        one.add_to(segment.tallies)
        if one.arrivals != NO_ARRIVALS:
            segment.arrivals[one.stage] = segment.arrivals.get(one.stage, NO_ARRIVALS).plus(one.arrivals)
        new = one.pack()
        place = bisect_right(self._intervals, self._key(new), key=self._key)
        home = self._intervals[place - 1] if place else None
        if home is not None and home.stage == new.stage and self._clipped(home, new):
            home.merge(new)
            return
        self._intervals.insert(place, new)
        while len(self._intervals) > self._max and self._merge_one_pair():
            pass

    def _key(self, interval: Interval) -> tuple[int, int]:
        return self._stages[interval.stage], interval.start_ms

    @staticmethod
    def _clipped(home: Interval, new: Interval) -> bool:
        coarse = home.end_ms - home.start_ms > 1000
        return home.start_ms == new.start_ms or (coarse and new.start_ms < home.end_ms)

    def capped(self, endpoint: str) -> str:
        """Return the id that an endpoint counts under: its own, or ``(other)`` beyond the first ``MAX_ENDPOINTS``."""
        if endpoint in self.endpoints:
            return endpoint
        if len(self.endpoints) >= MAX_ENDPOINTS:
            return OTHER
        self.endpoints.add(endpoint)
        return endpoint

    def _can_merge(self, left: Interval, right: Interval) -> bool:
        """Return whether two neighbours may become one.

        Their widths must be similar: adding a narrow interval to a wide one costs much for little.
        """
        if max(left.end_ms, right.end_ms) - left.start_ms > self._widest_ms:
            return False
        if bisect_right(self._warmup_ends_ms, left.start_ms) != bisect_right(self._warmup_ends_ms, right.start_ms):
            return False
        widths_ms = sorted((left.end_ms - left.start_ms, right.end_ms - right.start_ms))
        return widths_ms[1] < 2 * widths_ms[0] or widths_ms[1] * WIDTH_RATIO <= self._widest_ms

    def _merge_one_pair(self) -> bool:
        """Merge the next two neighbours that are narrow enough; False when nothing is left to merge."""
        while self._widest_ms < MAX_TIME_MS:
            while self._merge_index < len(self._intervals) - self._keep_fine - 1:
                left, right = self._intervals[self._merge_index : self._merge_index + 2]
                if left.stage == right.stage and self._can_merge(left, right):
                    left.merge(right)
                    del self._intervals[self._merge_index + 1]
                    return True
                self._merge_index += 1
            self._merge_index = 0
            self._widest_ms *= 2
        return False
