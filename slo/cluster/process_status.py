"""How one generator process is now: what a master knows of its workers, and each process of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from slo.measure.open_requests import OpenSummary


@dataclass(frozen=True)
class ProcessStatus:
    """One generator process: CPU share of one core, how late its timers fire, how long it has been silent.

    ``waiting`` are its open requests.
    """

    name: str
    state: str
    users: int
    cpu_ratio: float | None = None
    lag_ms: float | None = None
    silent_s: float | None = None
    waiting: OpenSummary = field(default_factory=OpenSummary)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: value for name, value in vars(self).items() if name != "waiting"}
