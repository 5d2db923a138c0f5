"""An interval of a run: what happened within some milliseconds of one stage, and counts added up over intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.metrics.arrivals import NO_ARRIVALS, Arrivals
from slo.metrics.tally import Tally


@dataclass(slots=True)
class Interval:
    """What happened from ``start_ms`` to ``end_ms`` after the run's start, within one stage.

    ``cells`` maps endpoint to its packed ``Tally``. ``arrivals`` counts those of an open model.
    """

    start_ms: int
    end_ms: int
    stage: str
    cells: dict[str, bytes] = field(default_factory=dict)
    arrivals: Arrivals = NO_ARRIVALS

    def tallies(self) -> Iterator[tuple[str, Tally]]:
        """Yield each endpoint with its counts."""
        for endpoint, packed in self.cells.items():
            yield endpoint, Tally.unpack(packed)

    def absorb(self, other: Interval) -> None:
        """Add the counts of ``other`` and stretch over its time."""
        self.start_ms = min(self.start_ms, other.start_ms)
        self.end_ms = max(self.end_ms, other.end_ms)
        self.arrivals = self.arrivals.plus(other.arrivals)
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
            **({"arrivals": list(self.arrivals)} if self.arrivals != NO_ARRIVALS else {}),
            "endpoints": {endpoint: tally.to_data() for endpoint, tally in self.tallies()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Interval:
        """Return the interval that ``to_data`` described; raises ValueError when it is damaged."""
        cells = {name: Tally.from_data(tally).pack() for name, tally in data["endpoints"].items()}
        return cls(data["start_ms"], data["end_ms"], data["stage"], cells, Arrivals(*data.get("arrivals", NO_ARRIVALS)))

    def to_wire(self) -> list[Any]:
        """Return msgpack-able data; the cells stay packed."""
        return [self.start_ms, self.end_ms, self.stage, self.cells, list(self.arrivals)]

    @classmethod
    def from_wire(cls, data: list[Any]) -> Interval:
        """Return the interval that ``to_wire`` described."""
        start_ms, end_ms, stage, cells, arrivals = data
        return cls(start_ms, end_ms, stage, dict(cells), Arrivals(*arrivals))


Cells = dict[tuple[str, str], Tally]
"""Counts by (endpoint, stage)."""


@dataclass(frozen=True)
class Counts:
    """Counts of a run by (endpoint, stage), its arrivals by stage, and since when: ``since_ms`` after its start."""

    cells: Cells
    arrivals: dict[str, Arrivals]
    since_ms: int = 0
