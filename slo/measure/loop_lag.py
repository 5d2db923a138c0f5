"""How a generator process itself is: the share of a core it uses, and how late its timers fire."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from random import Random

from slo.load.plan import Plan
from slo.measure.recorder import RUN_STAGE
from slo.record.process_stats import ProcessStats

PERIOD_S = 0.1
"""Average time between two measurements of how late a process's timers fire."""
MAX_BEHIND_S = 60.0
"""Measurements that were due longer ago are left out."""
RESOLUTION_US = 100
"""Lags are rounded up to this many microseconds, which limits the number of buckets."""
SAMPLES_PER_WINDOW = 50
"""Number of measurements that the displayed CPU share and lag are taken over."""
WINDOW_S = 1.0
"""What the CPU share is taken over for the record."""
BUSY = 0.9
"""A process that uses or waits for more than this share of a core is busy."""
_SCHEDULED = Path("/proc/self/schedstat")


def waited_s() -> float:
    """Return how long this process's main thread was ready and had no core; 0 where the system does not say."""
    try:
        return int(_SCHEDULED.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class ProcessStatsLog:
    """The statistics of one process over one run, by stage; times are seconds since the run's start."""

    def __init__(
        self, plan: Plan | None, elapsed_s: Callable[[], float], waited: Callable[[], float] = waited_s
    ) -> None:
        self._plan = plan
        self._elapsed_s = elapsed_s
        self._waited = waited
        self._stats = ProcessStats()
        self._began_s = elapsed_s()
        self._last_s = self._began_s
        self._window: tuple[float, float, float, str] | None = None

    def record(self, cpu_s: float, lag_s: float) -> None:
        """Note that a timer fired ``lag_s`` seconds late, and how many CPU seconds the process used in its life."""
        now_s = self._elapsed_s()
        if now_s - lag_s < self._began_s:
            return  # it was due before the run began
        stage = self._stage(now_s)
        strain = self._stats.stage(stage)
        strain.seconds += max(0.0, now_s - self._last_s)
        self._last_s = max(now_s, self._last_s)
        strain.lag.record(math.ceil(lag_s * 1e6 / RESOLUTION_US) * RESOLUTION_US)
        self._measure(now_s, cpu_s, stage)

    def drain(self) -> ProcessStats:
        """Return what was noted since the last call."""
        noted, self._stats = self._stats, ProcessStats()
        return noted

    def current(self) -> ProcessStats:
        """Return what was noted and not drained."""
        return self._stats

    def _stage(self, now_s: float) -> str:
        if not self._plan or not self._plan.stages:
            return RUN_STAGE
        return (self._plan.stage_at(now_s) or self._plan.stages[-1]).name

    def _measure(self, now_s: float, cpu_s: float, stage: str) -> None:
        """Close the window of time that the CPU share is taken over, when it is wide enough or its stage has ended."""
        if self._window is None:
            self._window = (now_s, cpu_s, self._waited(), stage)
            return
        start_s, start_cpu_s, start_wait_s, home = self._window
        if (now_s - start_s < WINDOW_S and stage == home) or now_s <= start_s:
            return
        wait_s = self._waited()
        used_s, short_s, seconds = cpu_s - start_cpu_s, max(0.0, wait_s - start_wait_s), now_s - start_s
        strain = self._stats.stage(home)
        strain.cpu_s += used_s
        strain.wait_s += short_s
        if used_s + short_s > BUSY * seconds:
            strain.busy_s += seconds
            self._stats.add_busy(round(start_s * 1000), round(now_s * 1000))
        self._window = (now_s, cpu_s, wait_s, stage)


class LoopLagMonitor:
    """Is called each time the timer fires; a busy process fires it late. ``stats_log`` stores the values of a run."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._looks: deque[tuple[float, float, float]] = deque(maxlen=SAMPLES_PER_WINDOW)
        self._random = Random()  # an own generator: a locustfile may have seeded the shared one
        self._due_s = clock()
        self.stats_log: ProcessStatsLog | None = None

    def next_due_s(self) -> float:
        """Return what our clock reads when the next timer is due.

        The moments are drawn at random, whenever the last timer fired: timers that follow one another would fall in
        step with the work that makes them late, and see only the pauses between. Missed ones are due at once.
        """
        wait_s = 2 * PERIOD_S * self._random.random()
        self._due_s = max(self._due_s + wait_s, self._clock() - MAX_BEHIND_S)
        return self._due_s

    def record(self, due_s: float) -> None:
        """Note that a timer fired that was due when our clock read ``due_s``."""
        now_s, cpu_s = self._clock(), self._cpu()
        lag_s = max(0.0, now_s - due_s)
        self._looks.append((now_s, cpu_s, lag_s))
        if self.stats_log is not None:
            self.stats_log.record(cpu_s, lag_s)

    @property
    def cpu_ratio(self) -> float | None:
        """CPU seconds per second over the last measurements, of one core; None before there were two."""
        if len(self._looks) < 2:
            return None
        (start_s, start_cpu_s, _), (end_s, end_cpu_s, _) = self._looks[0], self._looks[-1]
        return (end_cpu_s - start_cpu_s) / (end_s - start_s) if end_s > start_s else None

    @property
    def lag_ms(self) -> float | None:
        """The largest lag over the last measurements, in milliseconds; None before there was one."""
        return max(lag_s for _, _, lag_s in self._looks) * 1000 if self._looks else None
