"""How a generator process itself is: the share of a core it uses, and how late its timers fire."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

LOOKS = 10
"""How many looks the CPU share and the lag are taken over."""


class Pulse:
    """Told of a timer's every firing; a process that is too busy fires late."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._looks: deque[tuple[float, float, float]] = deque(maxlen=LOOKS)

    def beat(self, due_s: float) -> None:
        """Note that a timer fired that was due when our clock read ``due_s``."""
        now_s = self._clock()
        self._looks.append((now_s, self._cpu(), max(0.0, now_s - due_s)))

    @property
    def cpu_ratio(self) -> float | None:
        """CPU seconds per second over the last looks, of one core; None before there were two."""
        if len(self._looks) < 2:
            return None
        (start_s, start_cpu_s, _), (end_s, end_cpu_s, _) = self._looks[0], self._looks[-1]
        return (end_cpu_s - start_cpu_s) / (end_s - start_s) if end_s > start_s else None

    @property
    def lag_ms(self) -> float | None:
        """The worst lateness over the last looks, in milliseconds; None before there was one."""
        return max(lag_s for _, _, lag_s in self._looks) * 1000 if self._looks else None
