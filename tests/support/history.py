"""Histories of runs."""

from __future__ import annotations

from slo.metrics.tally import Tally
from slo.record.history import History
from slo.record.interval import Interval


def history_of(intervals: list[Interval]) -> History:
    history = History()
    for interval in intervals:
        history.add(interval)
    return history


def total(history: History) -> Tally:
    return Tally.merged(tally for interval in history.intervals() for _, tally in interval.tallies())


def a_second(at_s: int, stage: str = "run") -> Interval:
    tally = Tally()
    tally.ok.record(1000 + at_s)
    return Interval(at_s * 1000, at_s * 1000 + 1000, stage, {"a": tally.pack()})


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
