"""Assigns the arrivals of an open model to free users at their scheduled times.

It knows the schedule, its process's share of it, a clock, and how to wait. The users are greenlets that call ``take``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import gevent
from gevent.event import AsyncResult

from slo.load import schedule
from slo.load.greenlet_tree import attribute
from slo.load.plan import Plan

MAX_WAIT_S = 10.0
"""How long an arrival waits for a user that is free before it is dropped."""
EPSILON_S = 1e-7
"""No two arrivals of a process are due so close to each other."""
LATE_ATTRIBUTE = "slo_late_ms"


class ArrivalPacer:
    """The arrivals of one process in one run.

    ``elapsed_s`` is the run's clock. ``arrived`` is called for each arrival with the milliseconds by which it started
    late, or None when it was dropped.
    """

    def __init__(
        self,
        plan: Plan,
        elapsed_s: Callable[[], float],
        arrived: Callable[[float | None], None],
    ) -> None:
        self._plan = plan
        self._elapsed_s = elapsed_s
        self._arrived = arrived
        self._free: list[AsyncResult] = []
        self._waiting: deque[float] = deque()
        self._tables: list[tuple[float, tuple[str, ...]]] = []
        self._name = ""
        self._greenlet: gevent.Greenlet | None = None
        self._handed_s = -1.0
        self._stopped = False

    def join(self, name: str, since_s: float, table: Sequence[str], begin_s: float = 0.0) -> None:
        """Use the share of process ``name`` in ``table`` for arrivals that are due from ``since_s`` on.

        The first call skips arrivals that were due before ``begin_s``: a process that joins late does not make up for
        earlier arrivals.
        """
        if self._tables and self._tables[-1] == (since_s, tuple(table)):
            return
        self._name = name
        self._tables = [one for one in self._tables if one[0] < since_s]
        self._tables.append((since_s, tuple(table)))
        if self._greenlet is None:
            self._handed_s = max(since_s, begin_s) - EPSILON_S
        else:
            self._greenlet.kill(block=False)
        if not self._stopped:
            self._greenlet = gevent.spawn(self._run)

    def take(self) -> float:
        """Wait until there is an arrival for the calling user; returns how many milliseconds late it starts."""
        while True:
            due_s = self._waiting.popleft() if self._waiting else self._wait()
            late_s = self._elapsed_s() - due_s
            if late_s <= MAX_WAIT_S:
                late_ms = max(0.0, late_s * 1000)
                self._arrived(late_ms)
                return late_ms
            self._arrived(None)

    def stop(self) -> None:
        """Assign no further arrivals; those that are still waiting are dropped."""
        self._stopped = True
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
        while self._waiting:
            self._waiting.popleft()
            self._arrived(None)

    def _wait(self) -> float:
        """Return the scheduled time of the next arrival, once it is due.

        The user that became free last is served first: only as many users are active as the load needs, and their
        connections stay open.
        """
        ticket: AsyncResult = AsyncResult()
        self._free.append(ticket)
        try:
            return float(ticket.get())
        except BaseException:
            if ticket.ready():  # the user was stopped just as an arrival was assigned to it
                self._hand_out(ticket.value)
            else:
                self._free.remove(ticket)
            raise

    def _hand_out(self, due_s: float) -> None:
        if self._stopped:
            self._arrived(None)
        elif self._free:
            self._free.pop().set(due_s)
        else:
            self._waiting.append(due_s)

    def _run(self) -> None:
        for due_s in self._own(self._handed_s + EPSILON_S):
            wait_s = due_s - self._elapsed_s()
            if wait_s > 0:
                gevent.sleep(wait_s)
            while self._waiting and self._elapsed_s() - self._waiting[0] > MAX_WAIT_S:
                self._waiting.popleft()
                self._arrived(None)
            self._handed_s = due_s
            self._hand_out(due_s)

    def _own(self, begin_s: float) -> Iterator[float]:
        """Yield the scheduled times of this process's arrivals from ``begin_s`` on, by the share valid at each time."""
        ends = [since_s for since_s, _ in self._tables[1:]] + [float("inf")]
        for (since_s, table), until_s in zip(self._tables, ends, strict=True):
            if until_s <= begin_s or self._name not in table:
                continue
            first = table.index(self._name)
            for _, due_s in schedule.due_times(self._plan, max(begin_s, since_s), len(table), first):
                if due_s >= until_s:
                    break
                yield due_s


def late_ms() -> float:
    """Return how late the iteration of the user at work began; 0 where it had no intended start."""
    return float(attribute(LATE_ATTRIBUTE, 0.0))
