"""An interval of a run: what happened within some milliseconds of one stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.metrics.arrivals import NO_ARRIVALS, Arrivals
from slo.metrics.checked_tally import checked_tally
from slo.metrics.endpoint import by_id, by_name
from slo.metrics.histogram import MAX_COUNT
from slo.metrics.tally import Packed, Tally
from slo.metrics.tally_table import TallyTable

MAX_TIME_MS = 10**10
"""Milliseconds of the longest run: 115 days."""


@dataclass(slots=True)
class Interval:
    """What happened from ``start_ms`` to ``end_ms`` after the run's start, within one stage.

    ``packed`` maps each endpoint's id to its packed ``Tally``. ``arrivals`` counts those of an open model.
    """

    start_ms: int
    end_ms: int
    stage: str
    packed: dict[str, Packed] = field(default_factory=dict)
    arrivals: Arrivals = NO_ARRIVALS

    def tallies(self) -> Iterator[tuple[str, Tally]]:
        """Yield each endpoint's id with its counts."""
        for endpoint, packed in self.packed.items():
            yield endpoint, Tally.unpack(packed)

    def merge(self, other: Interval) -> None:
        """Add the counts of ``other`` and extend this interval over its time."""
        self.start_ms = min(self.start_ms, other.start_ms)
        self.end_ms = max(self.end_ms, other.end_ms)
        self.arrivals = self.arrivals.plus(other.arrivals)
        for endpoint, packed in other.packed.items():
            mine = self.packed.get(endpoint)
            if mine is None:
                self.packed[endpoint] = packed
            else:
                tally = Tally.unpack(mine)
                tally.add(Tally.unpack(packed))
                self.packed[endpoint] = tally.pack()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "stage": self.stage,
            **({"arrivals": list(self.arrivals)} if self.arrivals != NO_ARRIVALS else {}),
            "endpoints": by_name((endpoint, tally.to_data()) for endpoint, tally in self.tallies()),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Interval:
        """Return the interval that ``to_data`` described; raises ValueError when it is damaged."""
        packed = {endpoint: checked_tally(tally).pack() for endpoint, tally in by_id(data["endpoints"])}
        arrivals = Arrivals(*data.get("arrivals", NO_ARRIVALS))
        return cls(data["start_ms"], data["end_ms"], data["stage"], packed, arrivals).checked()

    def to_wire(self) -> list[Any]:
        """Return data for msgpack; the tallies stay packed."""
        return [self.start_ms, self.end_ms, self.stage, self.packed, list(self.arrivals)]

    @classmethod
    def from_wire(cls, data: list[Any]) -> Interval:
        """Return the interval that ``to_wire`` described."""
        start_ms, end_ms, stage, packed, arrivals = data
        return cls(start_ms, end_ms, stage, dict(packed), Arrivals(*arrivals)).checked()

    def checked(self) -> Interval:
        """Return this interval, which comes from outside; raises ValueError where it cannot be one."""
        numbers = (self.start_ms, self.end_ms, *self.arrivals)
        if any(type(number) is not int or number < 0 for number in numbers) or max(self.arrivals) > MAX_COUNT:
            raise ValueError("an interval's times and arrivals are whole numbers from 0 on")
        if not self.start_ms <= self.end_ms <= MAX_TIME_MS:
            raise ValueError(f"an interval from {self.start_ms} to {self.end_ms} ms")
        if not all(isinstance(text, str) for text in (self.stage, *self.packed)):
            raise ValueError("the names of stages and endpoints are texts")
        return self


def total_of(intervals: Iterable[Interval]) -> TallyTable:
    """Return the sum of the intervals' counts, by the endpoint's id and stage."""
    table = TallyTable()
    for interval in intervals:
        for endpoint, tally in interval.tallies():
            table.add(endpoint, interval.stage, tally)
    return table


def arrivals_of(intervals: Iterable[Interval]) -> dict[str, Arrivals]:
    """Return the arrivals of an open model, by stage."""
    found: dict[str, Arrivals] = {}
    for interval in intervals:
        found[interval.stage] = found.get(interval.stage, NO_ARRIVALS).plus(interval.arrivals)
    return found
