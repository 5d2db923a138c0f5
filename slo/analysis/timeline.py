"""A run over time: consecutive points, each with its load, and what was missed in the window that ends with it.

The points are the same for a saved run's intervals and for a running run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slo.load.plan import Plan
from slo.metrics.histogram import Histogram
from slo.metrics.tally import Tally
from slo.metrics.tally_table import Tallies, TallyTable
from slo.record.run import Run
from slo.record.samples import UserSample

POINTS = 240
"""About how many points a run has; a point lasts at least a second."""
UNPLANNED_S = 5
"""Seconds of a point while the length of the run is unknown."""
WINDOW = 3
"""Points that a window has at least ..."""
MAX_WINDOW_POINTS = 12
"""... and at most, while it has fewer than ``MIN_REQUESTS`` requests."""
MIN_REQUESTS = 30


@dataclass(frozen=True)
class Miss:
    """A target missed in a window: the objective's name, and the endpoint that mostly did it, if one did."""

    objective: str
    endpoint: str | None = None


MissDetector = Callable[[Tallies, float, float], tuple[Miss, ...]]
"""Returns which targets a window misses, from its counts, its first second and its length in seconds."""


@dataclass(frozen=True)
class Point:
    """Counts from ``start_s`` to ``end_s`` after the start, and of the window that ends with it.

    ``busy_s`` is the latency of all requests together; ``judged`` whether the window had enough requests.
    ``retry_after`` and ``returns`` are those of its requests' tally.
    """

    start_s: float
    end_s: float
    users: float
    requests: int
    errors: int
    throttled: int
    p50_ms: float | None
    p95_ms: float | None
    busy_s: float
    window_s: float
    window_users: float
    window_rps: float
    missed: tuple[Miss, ...]
    judged: bool
    retry_after: Histogram = field(default_factory=Histogram)
    returns: Mapping[str, int] = field(default_factory=dict)

    @property
    def rps(self) -> float:
        """Requests per second."""
        return self.requests / (self.end_s - self.start_s)

    @property
    def failed_ratio(self) -> float:
        """Failed and throttled requests as a share of all."""
        return (self.errors + self.throttled) / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class _Tile:
    start_s: float
    end_s: float
    users: float
    cells: Tallies


class Timeline:
    """Points of a run, added in order. ``misses`` returns what a window misses."""

    def __init__(self, misses: MissDetector) -> None:
        self._misses = misses
        self._tiles: deque[_Tile] = deque(maxlen=MAX_WINDOW_POINTS)
        self.points: list[Point] = []

    def add(self, start_s: float, end_s: float, users: float, cells: Tallies) -> None:
        """Add what was counted from ``start_s`` to ``end_s`` with ``users`` on average."""
        self._tiles.append(_Tile(start_s, end_s, users, cells))
        window = self._window()
        whole = TallyTable()
        for tile in window:
            whole.add_all(tile.cells)
        seconds = window[-1].end_s - window[0].start_s
        requests = sum(tally.requests for tally in whole.values())
        judged = requests >= MIN_REQUESTS
        own = Tally.merged(cells.values())
        latency = own.latency
        self.points.append(
            Point(
                start_s=start_s,
                end_s=end_s,
                users=users,
                requests=own.requests,
                errors=own.errors,
                throttled=own.throttled,
                p50_ms=latency.percentile(50) / 1000 if latency.total else None,
                p95_ms=latency.percentile(95) / 1000 if latency.total else None,
                busy_s=latency.sum_us / 1e6,
                window_s=seconds,
                window_users=sum(tile.users * (tile.end_s - tile.start_s) for tile in window) / seconds,
                window_rps=requests / seconds,
                missed=self._misses(whole, window[0].start_s, seconds) if judged else (),
                judged=judged,
                retry_after=own.retry_after,
                returns=own.retry_outcomes,
            )
        )

    def _window(self) -> list[_Tile]:
        window: list[_Tile] = []
        requests = 0
        for tile in reversed(self._tiles):
            if len(window) >= WINDOW and requests >= MIN_REQUESTS:
                break
            window.insert(0, tile)
            requests += sum(tally.requests for tally in tile.cells.values())
        return window


class LiveTimeline:
    """The timeline of a running run, whose plan lasts ``total_s`` seconds (None: unknown)."""

    def __init__(self, total_s: float | None, misses: MissDetector) -> None:
        self._timeline = Timeline(misses)
        self._width_s = UNPLANNED_S if total_s is None else width_s(total_s)
        self._seen_s = 0
        self._open = TallyTable()

    @property
    def points(self) -> Sequence[Point]:
        """The points that are complete."""
        return self._timeline.points

    def update(
        self, until_s: int, counts: Callable[[int, int], Tallies], users: Callable[[float, float], float]
    ) -> None:
        """Take what is new until ``until_s``: ``counts`` between milliseconds, average ``users`` between seconds."""
        while self._seen_s < until_s:
            start_s = self._seen_s // self._width_s * self._width_s
            stop_s = min(until_s, start_s + self._width_s)
            self._open.add_all(counts(self._seen_s * 1000, stop_s * 1000))
            self._seen_s = stop_s
            if stop_s == start_s + self._width_s:
                self._timeline.add(start_s, stop_s, users(start_s, stop_s), self._open)
                self._open = TallyTable()


def width_s(total_s: float) -> int:
    """Return how many seconds each point of a run of ``total_s`` seconds lasts."""
    return max(1, round(total_s / POINTS))


def of_run(run: Run, misses: MissDetector) -> Timeline:
    """Return the points of a saved run."""
    step_s = width_s(run.plan.total_s if run.plan else run.duration_s)
    tiles: dict[int, TallyTable] = {}
    for interval in run.intervals:
        # Where old intervals were added together, the sum is in the point of its middle.
        cells = tiles.setdefault(int((interval.start_ms + interval.end_ms) / 2000 // step_s), TallyTable())
        for endpoint, tally in interval.tallies():
            cells.add(run.endpoint_names.shown(endpoint), interval.stage, tally)
    timeline = Timeline(misses)
    for number in range(max(tiles, default=-1) + 1):
        start_s, end_s = float(number * step_s), float((number + 1) * step_s)
        if run.duration_s - start_s >= step_s / 2:
            end_s = min(end_s, max(run.duration_s, start_s + step_s / 2))
            timeline.add(start_s, end_s, users_between(run.plan, run.users, start_s, end_s), tiles.get(number, {}))
    return timeline


def users_between(plan: Plan | None, samples: Sequence[UserSample], start_s: float, end_s: float) -> float:
    """Return the average number of running users; the planned number where there is no sample."""
    inside = [one.achieved for one in samples if start_s * 1000 <= one.at_ms < end_s * 1000]
    if inside:
        return sum(inside) / len(inside)
    before = [one.achieved for one in samples if one.at_ms < start_s * 1000]
    if before:
        return float(before[-1])
    return plan.users_at((start_s + end_s) / 2) if plan and not plan.is_open else 0.0
