"""Intervals of a run in order, within bounded memory.

The newest ``HOT_MS`` of the run are kept open, as tallies that the reports of many workers are added to; what is
older is packed. Memory: at most ``MAX_INTERVALS`` packed intervals are kept. Intervals are one second at first; when
the bound is reached, neighbours among all but the newest ``KEEP_FINE`` are added together to 2 s, then 4 s, and so
on, within their stage and never across a cut (the end of a warm-up). No count is ever lost. One endpoint in one
interval is kept packed, in about 60 bytes plus 3 to 5 bytes per distinct latency bucket. For the hotel's ten endpoints
at 50 requests/s, 2048 intervals take under 10 MB, after one hour as after a day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slo.metrics.arrivals import NO_ARRIVALS, Arrivals
from slo.metrics.tally import OTHER, Tally
from slo.record.interval import Cells, Counts, Interval

MAX_INTERVALS = 2048
KEEP_FINE = 256
LONGEST_MS = 10**12
MUCH_WIDER = 16
"""Unlike neighbours are added together once intervals may be so much wider than both."""
HOT_MS = 20_000
"""Intervals that begin at most so long before the newest one are open; reports that come later are added packed."""
MAX_ENDPOINTS = 500
"""Endpoint names kept apart; later ones are counted as ``(other)``."""


@dataclass(slots=True)
class _Leg:
    """The sum of what is packed of the time between two cuts; ``end_ms`` is the end of its last interval."""

    settled: Cells = field(default_factory=dict)
    arrivals: dict[str, Arrivals] = field(default_factory=dict)
    end_ms: int = 0


@dataclass(slots=True)
class _Open:
    """An interval that is still being added to."""

    start_ms: int
    end_ms: int
    stage: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    arrivals: Arrivals = NO_ARRIVALS

    def packed(self) -> Interval:
        cells = {endpoint: tally.pack() for endpoint, tally in self.tallies.items()}
        return Interval(self.start_ms, self.end_ms, self.stage, cells, self.arrivals)


class History:
    """The intervals of one run; accepts them in any order and from many recorders.

    Beyond the bound each new interval costs the merge of one old pair: the work is spread evenly, because it
    happens in the process that measures latency.

    ``cuts_ms`` are the times, after the run's start, from which on ``after`` can tell the counts.
    """

    def __init__(
        self,
        max_intervals: int = MAX_INTERVALS,
        keep_fine: int = KEEP_FINE,
        hot_ms: int = HOT_MS,
        cuts_ms: Iterable[int] = (),
    ) -> None:
        self._max = max_intervals
        self._keep = keep_fine
        self._hot_ms = hot_ms
        self._stages: dict[str, int] = {}
        self._hot: dict[tuple[str, int], _Open] = {}
        self._newest_ms = 0
        self._intervals: list[Interval] = []
        self._cuts_ms = sorted(set(cuts_ms))
        self._legs = [_Leg() for _ in range(len(self._cuts_ms) + 1)]
        self._widest_ms = 2000
        self._cursor = 0
        self._endpoints: set[str] = set()

    def add(self, interval: Interval, tallies: Iterable[tuple[str, Tally]] | None = None) -> None:
        """Add an interval; it is merged with what is there of the same time and stage.

        ``tallies`` are its counts where they are unpacked already; they are the history's own from then on.
        """
        self._stages.setdefault(interval.stage, len(self._stages))
        if interval.start_ms > self._newest_ms:
            self._newest_ms = interval.start_ms
            self._cool()
        key = (interval.stage, interval.start_ms)
        fresh = interval.start_ms >= self._newest_ms - self._hot_ms
        home = self._hot.get(key) if fresh else None
        if home is None:
            home = _Open(interval.start_ms, interval.end_ms, interval.stage)
            if fresh:
                self._hot[key] = home
        home.end_ms = max(home.end_ms, interval.end_ms)
        home.arrivals = home.arrivals.plus(interval.arrivals)
        for endpoint, tally in interval.tallies() if tallies is None else tallies:
            name = self._capped(endpoint)
            mine = home.tallies.get(name)
            if mine is None:
                home.tallies[name] = tally
            else:
                mine.add(tally)
        if not fresh:
            self._settle(home)

    def intervals(self) -> list[Interval]:
        """Return all intervals in the order of their time."""
        hot = [one.packed() for one in self._hot.values()]
        return sorted([*self._intervals, *hot], key=lambda i: (i.start_ms, i.end_ms))

    def cells(self) -> Cells:
        """Return the sum of all counts by endpoint and stage."""
        return self.after(0).cells

    def after(self, cut_ms: int) -> Counts:
        """Return the sum of the intervals that began at ``cut_ms`` or later: one of the cuts, or 0 for all.

        Raises ValueError for another time: what lies before and after it is kept as one sum.
        """
        if cut_ms and cut_ms not in self._cuts_ms:
            raise ValueError(f"no cut at {cut_ms} ms; there are {self._cuts_ms}")
        first = bisect_right(self._cuts_ms, cut_ms) if cut_ms else 0
        cells: Cells = {}
        arrivals: dict[str, Arrivals] = {}
        for leg in self._legs[first:]:
            _add_all(cells, leg.settled)
            for stage, more in leg.arrivals.items():
                arrivals[stage] = arrivals.get(stage, NO_ARRIVALS).plus(more)
        since_ms = max((cut_ms, *(leg.end_ms for leg in self._legs[:first])))
        for one in self._hot.values():
            if one.start_ms >= cut_ms:
                _add_all(cells, {(endpoint, one.stage): tally for endpoint, tally in one.tallies.items()})
                arrivals[one.stage] = arrivals.get(one.stage, NO_ARRIVALS).plus(one.arrivals)
            else:
                since_ms = max(since_ms, one.end_ms)
        return Counts(cells, {stage: found for stage, found in arrivals.items() if found != NO_ARRIVALS}, since_ms)

    def window(self, start_ms: int, end_ms: int) -> Cells:
        """Return the counts of the intervals that begin in this time, which must be among the newest."""
        cells: Cells = {}
        for one in self._hot.values():
            if start_ms <= one.start_ms < end_ms:
                for endpoint, tally in one.tallies.items():
                    cells.setdefault((endpoint, one.stage), Tally()).add(tally)
        return cells

    def __len__(self) -> int:
        return len(self._intervals) + len(self._hot)

    def _cool(self) -> None:
        """Pack what is no longer among the newest."""
        for key in [key for key in self._hot if key[1] < self._newest_ms - self._hot_ms]:
            self._settle(self._hot.pop(key))

    def _settle(self, one: _Open) -> None:
        """Keep an interval packed, and add it to the settled counts."""
        leg = self._legs[bisect_right(self._cuts_ms, one.start_ms)]
        leg.end_ms = max(leg.end_ms, one.end_ms)
        _add_all(leg.settled, {(endpoint, one.stage): tally for endpoint, tally in one.tallies.items()})
        if one.arrivals != NO_ARRIVALS:
            leg.arrivals[one.stage] = leg.arrivals.get(one.stage, NO_ARRIVALS).plus(one.arrivals)
        newcomer = one.packed()
        place = bisect_right(self._intervals, self._key(newcomer), key=self._key)
        home = self._intervals[place - 1] if place else None
        if home is not None and home.stage == newcomer.stage and self._within(home, newcomer):
            home.absorb(newcomer)
            return
        self._intervals.insert(place, newcomer)
        while len(self._intervals) > self._max and self._merge_one_pair():
            pass

    def _key(self, interval: Interval) -> tuple[int, int]:
        return self._stages[interval.stage], interval.start_ms

    @staticmethod
    def _within(home: Interval, newcomer: Interval) -> bool:
        coarse = home.end_ms - home.start_ms > 1000
        return home.start_ms == newcomer.start_ms or (coarse and newcomer.start_ms < home.end_ms)

    def _capped(self, endpoint: str) -> str:
        if endpoint in self._endpoints:
            return endpoint
        if len(self._endpoints) >= MAX_ENDPOINTS:
            return OTHER
        self._endpoints.add(endpoint)
        return endpoint

    def _fit(self, left: Interval, right: Interval) -> bool:
        """Whether two neighbours may become one: like with like, for a wide one costs much to add a little to."""
        if max(left.end_ms, right.end_ms) - left.start_ms > self._widest_ms:
            return False
        if bisect_right(self._cuts_ms, left.start_ms) != bisect_right(self._cuts_ms, right.start_ms):
            return False
        widths_ms = sorted((left.end_ms - left.start_ms, right.end_ms - right.start_ms))
        return widths_ms[1] < 2 * widths_ms[0] or widths_ms[1] * MUCH_WIDER <= self._widest_ms

    def _merge_one_pair(self) -> bool:
        """Merge the next two neighbours that are narrow enough; False when nothing is left to merge."""
        while self._widest_ms < LONGEST_MS:
            while self._cursor < len(self._intervals) - self._keep - 1:
                left, right = self._intervals[self._cursor : self._cursor + 2]
                if left.stage == right.stage and self._fit(left, right):
                    left.absorb(right)
                    del self._intervals[self._cursor + 1]
                    return True
                self._cursor += 1
            self._cursor = 0
            self._widest_ms *= 2
        return False


def _add_all(cells: Cells, more: Mapping[tuple[str, str], Tally]) -> None:
    for key, tally in more.items():
        cells.setdefault(key, Tally()).add(tally)
