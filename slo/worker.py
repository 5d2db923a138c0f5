"""A worker's side of a distributed run: it records, and sends the master what it recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slo.plan import Plan
from slo.recorder import Recorder


class WorkerBooks:
    """Records one run and hands out its deltas, each once, numbered (see ``slo.ledger``)."""

    def __init__(self, begin: Mapping[str, Any]) -> None:
        """Start from the master's word: run id, seconds since its start, plan."""
        plan = Plan.from_data(begin["plan"]) if begin["plan"] else None
        self.run_id: str = begin["run"]
        self.recorder = Recorder(plan, elapsed_s=begin["elapsed_s"])
        self._sequence = 0
        self._sent = 0
        self.finished = False

    def delta(self, final: bool = False) -> dict[str, Any]:
        """Return what was recorded since the last delta; after the final one there is no more."""
        intervals = self.recorder.finish() if final else self.recorder.drain()
        requests = self.recorder.requests - self._sent
        self._sent = self.recorder.requests
        data = {
            "run": self.run_id,
            "seq": self._sequence,
            "requests": requests,
            "intervals": [interval.to_wire() for interval in intervals],
            "final": final,
            "total": self._sent,
        }
        self._sequence += 1
        self.finished = final
        return data
