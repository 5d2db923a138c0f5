"""Load over time: one shape per scenario, each a row of straight lines between user counts."""

from __future__ import annotations

from typing import Any, ClassVar

import gevent

from slo.plugin import Plan, PlannedShape, Stage

MINUTE = 60.0


class ScenarioShape(PlannedShape):
    """Follows ``reference``, scaled by --time-scale and --user-scale, to within one user.

    Locust calls a shape once a second. That is right for a plan in its own time; in compressed time
    the shape changes the users more often itself, so that a compressed ramp is as smooth as the real one.
    """

    abstract = True
    scenario: ClassVar[str]
    reference: ClassVar[Plan]

    def planned(self) -> Plan:
        """Return the reference as the options scale it now."""
        options: Any = self.runner.environment.parsed_options if self.runner else None
        time_scale, user_scale = getattr(options, "time_scale", 1.0), getattr(options, "user_scale", 1.0)
        return self.reference.scaled(float(time_scale), float(user_scale))

    def tick(self) -> tuple[int, float] | None:
        """Return the users wanted now and a spawn rate that reaches them at once; None at the plan's end."""
        plan = self.plan
        step_s = plan.step_s
        for _ in range(round(1 / step_s) - 1):
            wanted = self._wanted(plan)
            if wanted is None:
                return None
            self.change_users(*wanted)
            gevent.sleep(step_s - self.get_run_time() % step_s)
        self.wait_for_spawning()
        return self._wanted(plan)

    def _wanted(self, plan: Plan) -> tuple[int, float] | None:
        """Return the line's user count now; at most one user per second and the step are off it."""
        now_s: float = self.get_run_time()
        return None if now_s >= plan.total_s else self.spawn_at_once(round(plan.users_at(now_s)))


class SmokeShape(ScenarioShape):
    """1 user for a minute: does it work at all?"""

    scenario = "smoke"
    reference = Plan((Stage("hold at 1", MINUTE, 1, 1),))


class LoadShape(ScenarioShape):
    """Up to 10 users in two stages, 5 minutes there, and down: are the objectives met at normal load?"""

    scenario = "load"
    reference = Plan.ramps(
        ("ramp to 5", 2 * MINUTE, 5),
        ("ramp to 10", 5 * MINUTE, 10),
        ("hold at 10", 5 * MINUTE, 10),
        ("ramp to 0", 2 * MINUTE, 0),
    )


class StressShape(ScenarioShape):
    """Up to 50 users, ten more every 5 minutes, and down: where does it break, does it recover?"""

    scenario = "stress"
    reference = Plan.ramps(
        ("ramp to 10", 2 * MINUTE, 10),
        ("ramp to 20", 5 * MINUTE, 20),
        ("ramp to 30", 5 * MINUTE, 30),
        ("ramp to 40", 5 * MINUTE, 40),
        ("ramp to 50", 5 * MINUTE, 50),
        ("ramp to 0", 5 * MINUTE, 0),
    )


class SpikeShape(ScenarioShape):
    """From 5 to 100 users in 10 s, a minute there, and back: does it survive a burst?"""

    scenario = "spike"
    reference = Plan.ramps(
        ("ramp to 5", 10, 5),
        ("burst to 100", 10, 100),
        ("hold at 100", MINUTE, 100),
        ("fall to 5", 10, 5),
        ("recover at 5", 2 * MINUTE, 5),
        ("ramp to 0", 10, 0),
    )


class SoakShape(ScenarioShape):
    """5 users for half an hour: does latency or memory creep up?"""

    scenario = "soak"
    reference = Plan((Stage("hold at 5", 30 * MINUTE, 5, 5),))
