"""A search under way: lets each step settle, holds it until its outcome is clear, and lets the target come back.

Pure, clocked by the caller: ``now_s`` is the run's time, ``known_s`` that of the newest counts, which reach a master
some seconds after they were made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from slo.load.search import RUNNING, Aim, Search
from slo.load.search_record import Step, Steps
from slo.metrics.tally_table import Tallies, TallyTable

RISE_S = 10.0
"""Seconds that users may take to start."""
BACK_S = 2
"""Seconds in which all targets hold again after a failed step before the next one."""
LOOK_S = 1.0
"""Seconds between two looks."""
EARLY_S = 0.1
"""A look may come so much too early."""


class StepOutcome(Protocol):
    """How a step went: ``held`` is None where chance could turn it; ``likely`` is what the values alone say."""

    @property
    def held(self) -> bool | None:
        """Whether all objectives were clearly met (True), or one was clearly missed (False)."""

    @property
    def likely(self) -> bool:
        """Whether all values were within their targets."""


Judge = Callable[[Tallies, float], StepOutcome]
"""Says how a step went, by its counts and its seconds."""
Counts = Callable[[int, int], Tallies]
"""Returns the counts between two moments, in milliseconds of the run."""


@dataclass(frozen=True)
class Pace:
    """Seconds: until a step's queues are those of its own users; held at least, and at most; to come back, at most."""

    settle_s: float = 5.0
    least_s: float = 10.0
    most_s: float = 60.0
    back_s: float = 30.0

    def scaled(self, time_scale: float) -> Pace:
        """Return the pace in compressed time; below some seconds there is nothing to be seen."""
        return Pace(
            max(2.0, self.settle_s * time_scale),
            max(4.0, self.least_s * time_scale),
            max(12.0, self.most_s * time_scale),
            max(8.0, self.back_s * time_scale),
        )

    def seeing(self, latency_s: float) -> Pace:
        """Return the pace at which requests that take ``latency_s`` are seen: one that is late ends late."""
        return replace(
            self,
            settle_s=max(self.settle_s, latency_s + LOOK_S),
            least_s=max(self.least_s, 2 * latency_s),
            most_s=max(self.most_s, 4 * latency_s),
        )

    def least(self, aim: Aim) -> float:
        """Return for how long a step is held at least: a queue that grows slowly is seen only after a while."""
        return self.least_s * (2 if aim.why == "confirm" else 1)

    def most(self, aim: Aim) -> float:
        """Return for how long a step is held at most: the climb only looks around, what follows must be clear."""
        return min(self.most_s, 2 * self.least_s) if aim.why == "climb" else self.most_s


class Climb:
    """One search. ``wanted`` is how many users to run now; None when it is over."""

    def __init__(self, asked: Steps, pace: Pace, judge: Judge, lag_s: float = 0.0) -> None:
        """Search as ``asked``; counts are known ``lag_s`` after they were made."""
        self._asked = asked
        self._pace = pace
        self._judge = judge
        self._lag_s = lag_s
        self._search = Search(asked.start_users, asked.most_users)
        self._aim: Aim | None = self._search.next()
        self.wanted: int | None = self._aim.users if self._aim else None
        self.phase = "rise"
        self._start_s = self._since_s = 0.0
        self._begin_s = self._seen_s = 0
        self._cells = TallyTable()
        self._running: list[int] = []
        self._made: list[Step] = []
        self.counted: list[TallyTable] = []

    @property
    def steps(self) -> Steps:
        """The search with the steps made so far."""
        return replace(self._asked, items=tuple(self._made))

    @property
    def done(self) -> bool:
        """Whether the search is over: its answer is found, or its time."""
        return self.wanted is None

    @property
    def number(self) -> int:
        """The number of the step under way, from 1."""
        return len(self._made) + 1

    @property
    def name(self) -> str:
        """What goes on, in a few words."""
        if self.phase == "fall" or self._aim is None:
            return f"coming back at {_users(self.wanted or 0)}"
        doing = "hold" if self.phase == "hold" else "settle"
        return f"{doing} at {_users(self._aim.users)}"

    def look(self, now_s: float, running: int, known_s: float, counts: Counts) -> None:
        """Look how the step under way goes, with ``running`` users; about once a second."""
        if self.wanted is None or self._aim is None:
            return
        if self.phase == "rise" and (running == self.wanted or now_s - self._since_s >= RISE_S):
            self.phase, self._since_s = "settle", now_s
        if self.phase == "settle" and now_s - self._since_s >= self._pace.settle_s - EARLY_S:
            self._hold_from(math.ceil(now_s - EARLY_S))
        elif self.phase == "hold":
            self._running.append(running)
            self._take(int(known_s), counts)
            self._decide(self._aim, now_s)
        elif self.phase == "fall":
            self._take(int(known_s), counts)
            if self._is_back(now_s):
                self._begin(now_s)
        if now_s + LOOK_S >= self._asked.time_s:
            self.wanted = None

    def _begin(self, now_s: float) -> None:
        """Begin the step that is due, if the time left is enough for it."""
        aim = self._search.next()
        needed_s = LOOK_S + self._pace.settle_s + self._lag_s + (self._pace.least(aim) if aim else 0.0)
        if aim is None or now_s + needed_s + LOOK_S > self._asked.time_s:
            self.wanted = self._aim = None
            return
        self._aim, self.wanted = aim, aim.users
        self.phase = "rise"
        self._start_s = self._since_s = now_s

    def _hold_from(self, second: int) -> None:
        self.phase = "hold"
        self._begin_s = self._seen_s = second
        self._cells, self._running = TallyTable(), []

    def _take(self, known_s: int, counts: Counts) -> None:
        """Add what is newly known of the time that counts."""
        if known_s <= self._seen_s:
            return
        self._cells.add_all(counts(self._seen_s * 1000, known_s * 1000))
        self._seen_s = known_s

    def _decide(self, aim: Aim, now_s: float) -> None:
        """End the step if it was held long enough for a clear outcome, or for any."""
        held_s = self._seen_s - self._begin_s
        if held_s < self._pace.least(aim):
            return
        outcome = self._judge(self._cells, held_s)
        enough = sum(self._running) / len(self._running) >= RUNNING * aim.users  # too few prove nothing
        held, likely = outcome.held if enough else None, outcome.likely and enough
        late = now_s + 2 * LOOK_S >= self._asked.time_s
        if held is None and held_s < self._pace.most(aim) and not late:
            return
        self._made.append(Step(aim.users, round(self._start_s * 1000), self._begin_s * 1000, self._seen_s * 1000))
        self.counted.append(self._cells)
        rps = sum(tally.requests for tally in self._cells.values()) / held_s
        self._search.told(aim.users, held, likely, rps)
        if held or (held is None and likely) or self._search.next() is None:
            self._begin(now_s)
            return
        self.phase, self._since_s = "fall", now_s
        self.wanted = max(1, self._search.low)
        self._begin_s = self._seen_s = math.ceil(now_s + LOOK_S)  # the users leave at the next tick
        self._cells = TallyTable()

    def _is_back(self, now_s: float) -> bool:
        """Return whether the target is well again, or has had its time to be."""
        if now_s - self._since_s >= self._pace.back_s + self._lag_s:
            return True
        if self._seen_s - self._begin_s < BACK_S:
            return False
        outcome = self._judge(self._cells, self._seen_s - self._begin_s)
        if not outcome.likely:
            self._begin_s, self._cells = self._seen_s, TallyTable()  # the next seconds may be better
        return outcome.likely


def _users(count: int) -> str:
    return "1 user" if count == 1 else f"{count} users"
