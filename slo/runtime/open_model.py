"""The open model in Locust: users that wait for arrivals, as many as there may be."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import gevent
from locust.exception import StopUser
from locust.user import users
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING, DefaultTaskSet

from slo.load import rate
from slo.load.pacer import LATE_ATTRIBUTE, ArrivalPacer
from slo.load.plan import Plan
from slo.runtime.shape import PlannedShape

DISPENSER = "slo_dispenser"
"""Where a process's environment has its arrivals, in a run of the open model."""
DAY_S = 86_400.0


class ArrivalTaskSet(DefaultTaskSet):
    """Runs each task for one arrival, without a pause of its own between them; as Locust's own where nobody arrives.

    A pause is part of what a guest does where a task makes it; the ``wait_time`` between tasks is a closed model's.
    """

    def get_next_task(self) -> Any:
        """Wait until somebody arrives, then choose what they do."""
        dispenser: ArrivalPacer | None = getattr(self.user.environment, DISPENSER, None)
        if dispenser is not None:
            self._leave_if_told()
            self.user._state = LOCUST_STATE_WAITING  # who only waits may be stopped at once
            late_ms = dispenser.take()
            self._leave_if_told()
            self.user._state = LOCUST_STATE_RUNNING
            setattr(gevent.getcurrent(), LATE_ATTRIBUTE, late_ms)
        return super().get_next_task()  # type: ignore[no-untyped-call]

    def wait(self) -> None:
        """Pause as Locust does, where nobody arrives."""
        if getattr(self.user.environment, DISPENSER, None) is None:
            super().wait()  # type: ignore[no-untyped-call]
        self._leave_if_told()

    def _leave_if_told(self) -> None:
        if self.user._state == LOCUST_STATE_STOPPING:
            raise StopUser()


def let_users_wait() -> None:
    """Let the users of this process run their tasks by ``ArrivalTaskSet``."""
    users.DefaultTaskSet = ArrivalTaskSet  # type: ignore[attr-defined]


class ArrivalShape(PlannedShape):
    """Brings up the users for ``--rate``, and ends the test with its plan."""

    abstract: ClassVar[bool] = True  # chosen by the option alone
    use_common_options = True  # -u and -t mean something here

    def planned(self) -> Plan:
        """Return the stages that the options say now."""
        assert self.runner is not None
        options: Any = self.runner.environment.parsed_options
        return rate.plan(options.rate, float(options.run_time or DAY_S), options.num_users)

    def tick(self) -> tuple[int, float] | None:
        """Return all users, brought up twice as fast as guests arrive; None at the plan's end."""
        plan = self.plan
        left_s = plan.total_s - self.get_run_time()  # type: ignore[no-untyped-call]
        if left_s <= 1.0:  # Locust asks once a second: the plan ends when it ends
            gevent.sleep(max(0.0, left_s))
            return None
        return plan.stages[0].users_to, float(max(10, math.ceil(2 * rate.peak(plan.stages))))
