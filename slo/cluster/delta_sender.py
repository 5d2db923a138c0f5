"""A worker's side of a distributed run: it records, and sends the master what it recorded until it is acknowledged."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slo.cluster.clock import ClockOffset
from slo.load.pacer import ArrivalPacer
from slo.load.plan import Plan
from slo.measure.loop_lag import ProcessStatsLog
from slo.measure.recorder import Recorder
from slo.record.slowest import SlowestRequests
from slo.text.redact import Redactor


class DeltaSender:
    """Records one run and returns its deltas, numbered (see ``slo.cluster.delta_log``).

    ``announced`` is the master's announcement: run id, plan, ends of warm-ups, its clock at the run's start, and the
    run's time at the announcement, for a worker that does not know the master's clock yet.
    """

    def __init__(
        self, announced: Mapping[str, Any], offset: ClockOffset, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        plan = Plan.from_data(announced["plan"]) if announced["plan"] else None
        self.run_id: str = announced["id"]
        self._started_at_s: float = announced["started_at_s"]
        self._aligned = offset.known
        elapsed_s = clock() - offset.to_local(self._started_at_s) if offset.known else announced["elapsed_s"]
        self.recorder = Recorder(plan, clock, max(0.0, elapsed_s), Redactor.of_environment(os.environ))
        self.slowest = SlowestRequests(announced.get("warmup_ends_ms", ()))
        self.stats_log = ProcessStatsLog(plan, lambda: self.recorder.elapsed_s)
        self.pacer = ArrivalPacer(plan, self._elapsed, self.recorder.arrived) if plan and plan.is_open else None
        self._shares: Sequence[Any] = announced["shares"]
        self._sequence = 0
        self._sent = 0
        self._unacknowledged: deque[dict[str, Any]] = deque()
        self.finished = False

    def _elapsed(self) -> float:
        return self.recorder.elapsed_s

    def share(self, name: str, shares: Sequence[Any] | None = None) -> None:
        """Use this worker's share of the arrivals: that of the announcement, or ``shares``, a newer one."""
        self._shares = shares or self._shares
        if self.pacer is not None:
            since_s, table = self._shares
            self.pacer.join(name, since_s, table, begin_s=self.recorder.elapsed_s)

    def align(self, offset: ClockOffset) -> None:
        """Follow the master's clock from now on, if the run began before we knew it."""
        if not self._aligned and offset.known:
            self._aligned = True
            self.recorder.restart_at(offset.to_local(self._started_at_s))

    def report(self, final: bool = False) -> dict[str, Any]:
        """Return all deltas that are not acknowledged, with a new one; after the final one there is no new one."""
        if not self.finished:
            self._unacknowledged.append(self._delta(final))
            self.finished = final
        return {"run": self.run_id, "deltas": list(self._unacknowledged)}

    def acknowledge(self, upto: int) -> None:
        """Forget the deltas below ``upto``: the master has them."""
        while self._unacknowledged and self._unacknowledged[0]["seq"] < upto:
            self._unacknowledged.popleft()

    @property
    def settled(self) -> bool:
        """Whether the master has everything."""
        return self.finished and not self._unacknowledged

    def _delta(self, final: bool) -> dict[str, Any]:
        intervals = self.recorder.finish() if final else self.recorder.drain()
        requests = self.recorder.requests - self._sent
        self._sent = self.recorder.requests
        data = {
            "seq": self._sequence,
            "requests": requests,
            "intervals": [interval.to_wire() for interval in intervals],
            "final": final,
            "total": self._sent,
            "faults": self.recorder.faults,
            "vitals": self.stats_log.drain().to_data(),
        }
        code = self.recorder.code_counts().to_data()
        if code:
            data["code"] = code
        slow = self.slowest.take_new()
        if slow:
            data["slowest"] = [one.to_data() for one in slow]
        self._sequence += 1
        return data
