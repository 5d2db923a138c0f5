"""How one generator process was over a run: what it used of a core, and how late its event loop was, by stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.metrics.histogram import Histogram

MAX_BUSY = 100
"""Maximum number of busy periods; beyond it, the two that are nearest to each other become one."""


@dataclass
class StageStats:
    """One process in one stage: seconds, CPU seconds, seconds in which it was busy, and its lag.

    ``wait_s`` is how long it was ready and had no core. ``lag`` holds, for moments spread evenly over the time, how
    late a timer due then fired, in microseconds: what an answer that arrived then waited to be seen.
    """

    seconds: float = 0.0
    cpu_s: float = 0.0
    wait_s: float = 0.0
    busy_s: float = 0.0
    lag: Histogram = field(default_factory=Histogram)

    def add(self, other: StageStats) -> None:
        """Add the other's times and counts."""
        self.seconds += other.seconds
        self.cpu_s += other.cpu_s
        self.wait_s += other.wait_s
        self.busy_s += other.busy_s
        self.lag.add(other.lag)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON or msgpack."""
        times = {name: round(getattr(self, name), 4) for name in ("seconds", "cpu_s", "wait_s", "busy_s")}
        return {**times, "lag": self.lag.to_data()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> StageStats:
        """Return the strain that ``to_data`` described; raises ValueError when it is damaged."""
        return cls(data["seconds"], data["cpu_s"], data["wait_s"], data["busy_s"], Histogram.from_data(data["lag"]))


@dataclass
class ProcessStats:
    """One process over a run: its strain by stage, and when it was busy (milliseconds since the run's start)."""

    stages: dict[str, StageStats] = field(default_factory=dict)
    busy: list[tuple[int, int]] = field(default_factory=list)

    def stage(self, name: str) -> StageStats:
        """Return the strain in the stage ``name``, to be added to."""
        return self.stages.setdefault(name, StageStats())

    def add_busy(self, start_ms: int, end_ms: int) -> None:
        """Note that the process was busy then, later than what is noted already."""
        if self.busy and start_ms <= self.busy[-1][1] + 1:
            self.busy[-1] = (self.busy[-1][0], max(end_ms, self.busy[-1][1]))
            return
        self.busy.append((start_ms, end_ms))
        if len(self.busy) > MAX_BUSY:
            near = min(range(1, len(self.busy)), key=lambda i: self.busy[i][0] - self.busy[i - 1][1])
            self.busy[near - 1 : near + 1] = [(self.busy[near - 1][0], self.busy[near][1])]

    def add(self, other: ProcessStats) -> None:
        """Add later statistics of the same process."""
        for name, strain in other.stages.items():
            self.stage(name).add(strain)
        for start_ms, end_ms in other.busy:
            self.add_busy(start_ms, end_ms)

    def whole(self) -> StageStats:
        """Return the strain of all stages together."""
        whole = StageStats()
        for strain in self.stages.values():
            whole.add(strain)
        return whole

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON or msgpack."""
        return {
            "stages": {name: strain.to_data() for name, strain in self.stages.items()},
            "busy": [list(times) for times in self.busy],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ProcessStats:
        """Return the statistics that ``to_data`` described; raises ValueError when they are damaged."""
        stages = {name: StageStats.from_data(strain) for name, strain in data["stages"].items()}
        return cls(stages, [(start, end) for start, end in data["busy"]])


def to_record(name: str, sends: bool, stats: ProcessStats) -> dict[str, Any]:
    """Return a process as the run's record holds it; one that ``sends`` made requests itself."""
    whole = stats.whole()
    lag = whole.lag
    return {
        "name": name,
        "sends": sends,
        "cpu_ratio": round(whole.cpu_s / whole.seconds, 4) if whole.seconds else None,
        "lag_p99_ms": lag.percentile(99) / 1000 if lag.total else None,
        "lag_max_ms": lag.max_us / 1000 if lag.total else None,
        **stats.to_data(),
    }
