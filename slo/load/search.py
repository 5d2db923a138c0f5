"""The search for the largest number of users that meets the objectives: which number to try next. Pure, no clock.

It multiplies the users by a factor until a step fails, narrows the interval between the largest number that held and
the smallest that failed, and confirms both ends, so that one random miss decides nothing. It narrows alternately by the
throughput and by half: a target that answers at most X requests per second, and r per user below saturation, has its
limit at X / r users.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

CLIMB_FACTOR = 2.0
"""How much higher each step of the climb is."""
PRECISION = 0.05
"""Share of the failed number of users that may lie between it and the one that held."""
NEAR_FACTOR = 1.5
"""Two failures at numbers within this factor confirm each other: a random miss would not cause both."""
MAX_TRIES = 3
"""Times that one number of users is tried, at most."""
MIN_RUNNING_SHARE = 0.95
"""Share of a step's users that must have run for the step to say something of their number."""

Purpose = Literal["climb", "narrow", "confirm"]


@dataclass(frozen=True)
class NextStep:
    """The number of users to hold next, and what for."""

    users: int
    purpose: Purpose


class Search:
    """Takes the outcome of each step and returns the next one."""

    def __init__(self, start: int, most: int) -> None:
        """Begin with ``start`` users; never try more than ``most``. Both from 1 on."""
        self._start = min(start, most)
        self._most = most
        self._outcomes: dict[int, list[bool]] = {}
        self._clear_outcomes: dict[int, set[bool]] = {}
        self._rps: dict[int, float] = {}
        self._since_failure = 0

    def report(self, users: int, held: bool | None, likely: bool, rps: float = 0.0) -> None:
        """Take the outcome of a step; if it is undecided (None), ``likely`` is the direction to go on in.

        ``rps`` are its requests per second, where they are known.
        """
        self._rps[users] = rps
        self._outcomes.setdefault(users, []).append(likely if held is None else held)
        if held is not None:
            self._clear_outcomes.setdefault(users, set()).add(held)
        self._since_failure += self.high is not None

    @property
    def low(self) -> int:
        """The largest number of users that held below the smallest that failed; 0 where none did."""
        high = self.high
        return max((n for n in self._outcomes if self._held(n) and (high is None or n < high)), default=0)

    @property
    def high(self) -> int | None:
        """The smallest number of users that failed; None where none did."""
        return min((n for n in self._outcomes if not self._held(n)), default=None)

    def confirmed(self, users: int) -> bool:
        """Return whether what is taken of ``users`` was clear in at least one step."""
        return users in self._outcomes and self._held(users) in self._clear_outcomes.get(users, ())

    def next(self) -> NextStep | None:
        """Return the next step; None when the search is over."""
        low, high = self.low, self.high
        if not self._outcomes:
            return NextStep(self._start, "climb")
        if high is None:
            if low < self._most:
                return NextStep(min(self._most, max(low + 1, round(low * CLIMB_FACTOR))), "climb")
            return None if self._settled(low) else NextStep(low, "confirm")
        if high - low > max(1.0, PRECISION * high):
            return NextStep(self._between(low, high), "narrow")
        if not self._settled(high) and not self._confirmed_above(high):
            return NextStep(high, "confirm")
        return NextStep(low, "confirm") if low and not self._settled(low) else None

    def _between(self, low: int, high: int) -> int:
        """Return a number between: in turns where the throughput puts the knee, and half the way."""
        least, before, most = low + max(1, int(PRECISION * low)), self._rps.get(low, 0.0), self._rps.get(high, 0.0)
        knee = most * low / before if before > 0 else math.inf
        if self._since_failure % 2 and knee < high - 1:
            return max(least, math.ceil(knee))
        return (low + high) // 2

    def _held(self, users: int) -> bool:
        return self._outcomes[users][-1]  # a third try only if two outcomes contradict each other: two of three agree

    def _settled(self, users: int) -> bool:
        votes = self._outcomes[users]
        return len(votes) >= MAX_TRIES or (len(votes) > 1 and votes[-1] == votes[-2])

    def _confirmed_above(self, high: int) -> bool:
        return any(high < n <= NEAR_FACTOR * high and not self._held(n) for n in self._outcomes)
