"""The open model in Locust: users that wait for arrivals; their number is the upper limit."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import gevent
from locust.exception import StopUser

from slo.load import rate
from slo.load.pacer import LATE_ATTRIBUTE
from slo.load.plan import Plan
from slo.runtime import locust_compat
from slo.runtime.context import context_of
from slo.runtime.shape import PlannedShape

DAY_S = 86_400.0


class ArrivalTaskSet(locust_compat.DefaultTaskSet):
    """Runs each task for one arrival, without a pause between tasks; without arrivals it behaves as Locust's own.

    A pause within a task is part of a user's actions; the ``wait_time`` between tasks belongs to a closed model.
    """

    def get_next_task(self) -> Any:
        """Wait for the next arrival, then choose its task."""
        pacer = context_of(self.user.environment).pacer
        if pacer is not None:
            self._stop_if_asked()
            locust_compat.mark_waiting(self.user)
            late_ms = pacer.take()
            self._stop_if_asked()
            locust_compat.mark_running(self.user)
            setattr(gevent.getcurrent(), LATE_ATTRIBUTE, late_ms)
        return super().get_next_task()  # type: ignore[no-untyped-call]

    def wait(self) -> None:
        """Pause as Locust does, if there are no arrivals."""
        if context_of(self.user.environment).pacer is None:
            super().wait()  # type: ignore[no-untyped-call]
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if locust_compat.is_stopping(self.user):
            raise StopUser()


def use_arrivals() -> None:
    """Make the users of this process run their tasks by ``ArrivalTaskSet``."""
    locust_compat.use_task_set(ArrivalTaskSet)


class ArrivalShape(PlannedShape):
    """Starts the users for ``--rate``, and ends the test with its plan."""

    abstract: ClassVar[bool] = True  # chosen by the option alone
    use_common_options = True  # -u and -t have a meaning here

    def planned(self) -> Plan:
        """Return the stages that the options say now."""
        assert self.runner is not None
        options: Any = self.runner.environment.parsed_options
        return rate.plan(options.rate, float(options.run_time or DAY_S), options.num_users)

    def tick(self) -> tuple[int, float] | None:
        """Return all users, started twice as fast as they arrive; None at the plan's end."""
        plan = self.plan
        left_s = plan.total_s - self.get_run_time()  # type: ignore[no-untyped-call]
        if left_s <= 1.0:  # Locust calls it once a second: the plan ends with its own time
            gevent.sleep(max(0.0, left_s))
            return None
        return plan.stages[0].users_to, float(max(10, math.ceil(2 * rate.peak(plan.stages))))
