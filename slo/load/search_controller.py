"""A running search: waits until each step settles, holds it until its outcome is clear, and lets the target recover.

Pure; the caller provides the clock: ``now_s`` is the run's time, ``known_s`` that of the newest counts, which reach a
master some seconds after they were made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from slo.load.search import MIN_RUNNING_SHARE, NextStep, Search
from slo.load.search_record import SearchRecord, SearchStep
from slo.metrics.tally_table import Tallies, TallyTable

MAX_RISE_S = 10.0
"""Seconds that users may take to start."""
RECOVERED_S = 2
"""Seconds in which all targets hold again after a failed step before the next one."""
UPDATE_S = 1.0
"""Seconds between two updates."""
TOLERANCE_S = 0.1
"""An update may come this much too early."""


class StepOutcome(Protocol):
    """Outcome of a step: ``held`` is None where chance could reverse it; ``likely`` is what the values alone say."""

    @property
    def held(self) -> bool | None:
        """Whether all objectives were clearly met (True), or one was clearly missed (False)."""

    @property
    def likely(self) -> bool:
        """Whether all values were within their targets."""


Judge = Callable[[Tallies, float], StepOutcome]
"""Returns the outcome of a step from its counts and its seconds."""
CountsBetween = Callable[[int, int], Tallies]
"""Returns the counts between two moments, in milliseconds of the run."""


@dataclass(frozen=True)
class SearchPace:
    """Seconds: until a step's queues are its own; minimum and maximum to hold a step; maximum to recover."""

    settle_s: float = 5.0
    min_hold_s: float = 10.0
    max_hold_s: float = 60.0
    recover_s: float = 30.0

    def scaled(self, time_scale: float) -> SearchPace:
        """Return the pace in compressed time; each time has a minimum of some seconds."""
        return SearchPace(
            max(2.0, self.settle_s * time_scale),
            max(4.0, self.min_hold_s * time_scale),
            max(12.0, self.max_hold_s * time_scale),
            max(8.0, self.recover_s * time_scale),
        )

    def for_latency(self, latency_s: float) -> SearchPace:
        """Return the pace at which requests that take ``latency_s`` are seen: one that is late ends late."""
        return replace(
            self,
            settle_s=max(self.settle_s, latency_s + UPDATE_S),
            min_hold_s=max(self.min_hold_s, 2 * latency_s),
            max_hold_s=max(self.max_hold_s, 4 * latency_s),
        )

    def min_hold(self, aim: NextStep) -> float:
        """Return for how long a step is held at least: a queue that grows slowly is seen only after a while."""
        return self.min_hold_s * (2 if aim.purpose == "confirm" else 1)

    def max_hold(self, aim: NextStep) -> float:
        """Return the maximum time of a step: short while the users are multiplied, longer later."""
        return min(self.max_hold_s, 2 * self.min_hold_s) if aim.purpose == "climb" else self.max_hold_s


class SearchController:
    """One search. ``wanted`` is the number of users to run now; None when the search is over."""

    def __init__(self, request: SearchRecord, pace: SearchPace, judge: Judge, report_delay_s: float = 0.0) -> None:
        """Search as ``request`` says; counts are known ``report_delay_s`` after they were made."""
        self._request = request
        self._pace = pace
        self._judge = judge
        self._report_delay_s = report_delay_s
        self._search = Search(request.start_users, request.max_users)
        self._next: NextStep | None = self._search.next()
        self.wanted: int | None = self._next.users if self._next else None
        self.phase = "rise"
        self._start_s = self._since_s = 0.0
        self._begin_s = self._counted_s = 0
        self._tallies = TallyTable()
        self._running: list[int] = []
        self._steps: list[SearchStep] = []
        self.step_tallies: list[TallyTable] = []

    @property
    def steps(self) -> SearchRecord:
        """The search with the steps made so far."""
        return replace(self._request, items=tuple(self._steps))

    @property
    def done(self) -> bool:
        """Whether the search is over: its answer is found, or its time."""
        return self.wanted is None

    @property
    def number(self) -> int:
        """The number of the step under way, from 1."""
        return len(self._steps) + 1

    @property
    def name(self) -> str:
        """The current phase as short text."""
        if self.phase == "fall" or self._next is None:
            return f"recovering at {_users(self.wanted or 0)}"
        doing = "hold" if self.phase == "hold" else "settle"
        return f"{doing} at {_users(self._next.users)}"

    def update(self, now_s: float, running: int, known_s: float, counts: CountsBetween) -> None:
        """Update the current step with ``running`` users; call it about once a second."""
        if self.wanted is None or self._next is None:
            return
        if self.phase == "rise" and (running == self.wanted or now_s - self._since_s >= MAX_RISE_S):
            self.phase, self._since_s = "settle", now_s
        if self.phase == "settle" and now_s - self._since_s >= self._pace.settle_s - TOLERANCE_S:
            self._hold_from(math.ceil(now_s - TOLERANCE_S))
        elif self.phase == "hold":
            self._running.append(running)
            self._add_counts(int(known_s), counts)
            self._decide(self._next, now_s)
        elif self.phase == "fall":
            self._add_counts(int(known_s), counts)
            if self._has_recovered(now_s):
                self._begin_step(now_s)
        if now_s + UPDATE_S >= self._request.time_s:
            self.wanted = None

    def _begin_step(self, now_s: float) -> None:
        """Begin the step that is due, if the time left is enough for it."""
        aim = self._search.next()
        needed_s = UPDATE_S + self._pace.settle_s + self._report_delay_s + (self._pace.min_hold(aim) if aim else 0.0)
        if aim is None or now_s + needed_s + UPDATE_S > self._request.time_s:
            self.wanted = self._next = None
            return
        self._next, self.wanted = aim, aim.users
        self.phase = "rise"
        self._start_s = self._since_s = now_s

    def _hold_from(self, second: int) -> None:
        self.phase = "hold"
        self._begin_s = self._counted_s = second
        self._tallies, self._running = TallyTable(), []

    def _add_counts(self, known_s: int, counts: CountsBetween) -> None:
        """Add what is newly known of the time that counts."""
        if known_s <= self._counted_s:
            return
        self._tallies.add_all(counts(self._counted_s * 1000, known_s * 1000))
        self._counted_s = known_s

    def _decide(self, aim: NextStep, now_s: float) -> None:
        """End the step if it was held long enough for a clear outcome, or for any."""
        held_s = self._counted_s - self._begin_s
        if held_s < self._pace.min_hold(aim):
            return
        outcome = self._judge(self._tallies, held_s)
        enough = sum(self._running) / len(self._running) >= MIN_RUNNING_SHARE * aim.users  # too few prove nothing
        held, likely = outcome.held if enough else None, outcome.likely and enough
        late = now_s + 2 * UPDATE_S >= self._request.time_s
        if held is None and held_s < self._pace.max_hold(aim) and not late:
            return
        self._steps.append(
            SearchStep(aim.users, round(self._start_s * 1000), self._begin_s * 1000, self._counted_s * 1000)
        )
        self.step_tallies.append(self._tallies)
        rps = sum(tally.requests for tally in self._tallies.values()) / held_s
        self._search.report(aim.users, held, likely, rps)
        if held or (held is None and likely) or self._search.next() is None:
            self._begin_step(now_s)
            return
        self.phase, self._since_s = "fall", now_s
        self.wanted = max(1, self._search.low)
        self._begin_s = self._counted_s = math.ceil(now_s + UPDATE_S)  # the users leave at the next tick
        self._tallies = TallyTable()

    def _has_recovered(self, now_s: float) -> bool:
        """Return whether the target meets its objectives again, or the time to recover is over."""
        if now_s - self._since_s >= self._pace.recover_s + self._report_delay_s:
            return True
        if self._counted_s - self._begin_s < RECOVERED_S:
            return False
        outcome = self._judge(self._tallies, self._counted_s - self._begin_s)
        if not outcome.likely:
            self._begin_s, self._tallies = self._counted_s, TallyTable()  # the next seconds may be better
        return outcome.likely


def _users(count: int) -> str:
    return "1 user" if count == 1 else f"{count} users"
