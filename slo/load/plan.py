"""The planned load of a run: named stages, each a straight line between two user counts or two rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

MAX_SPAWN_RATE = 1000
"""Upper limit of the users that one process can start or stop in a second; real machines are slower."""


@dataclass(frozen=True)
class Stage:
    """One stage of a plan: from ``users_from`` to ``users_to`` virtual users, linearly, in ``duration_s``.

    In an open model it goes from ``rate_from`` to ``rate_to`` arrivals per second; its users are the upper limit.
    """

    name: str
    duration_s: float
    users_from: int
    users_to: int
    rate_from: float | None = None
    rate_to: float | None = None

    @property
    def load_from(self) -> float:
        """The load at its start: arrivals per second in an open model, else users."""
        return self.users_from if self.rate_from is None else self.rate_from

    def describe(self) -> str:
        """Return its load as text: from what to what, or its constant value."""
        unit = " users" if self.rate_to is None else "/s"
        start, end = f"{self.load_from:g}", f"{self.load_to:g}"
        return f"{start}{unit}" if start == end else f"{start} to {end}{unit}"

    @property
    def load_to(self) -> float:
        """The load at its end: arrivals per second in an open model, else users."""
        return self.users_to if self.rate_to is None else self.rate_to

    def users_at(self, at_s: float) -> float:
        """Return the wanted number of users (the line, not rounded) ``at_s`` seconds into the stage."""
        done = min(1.0, at_s / self.duration_s) if self.duration_s else 1.0
        return self.users_from + (self.users_to - self.users_from) * done


@dataclass(frozen=True)
class Plan:
    """Stages one after the other. ``time_scale`` and ``user_scale`` say how they were scaled already."""

    stages: tuple[Stage, ...]
    time_scale: float = 1.0
    user_scale: float = 1.0

    @classmethod
    def ramps(cls, *steps: tuple[str, float, int], start: int = 0) -> Plan:
        """Return a plan of (stage name, seconds, users at its end), starting from ``start`` users."""
        stages = []
        users = start
        for name, duration_s, target in steps:
            stages.append(Stage(name, duration_s, users, target))
            users = target
        return cls(tuple(stages))

    def scaled(self, time_scale: float, user_scale: float) -> Plan:
        """Return the plan with every stage's time and every user count multiplied."""
        stages = tuple(
            replace(
                stage,
                duration_s=stage.duration_s * time_scale,
                users_from=_scaled_users(stage.users_from, user_scale),
                users_to=_scaled_users(stage.users_to, user_scale),
            )
            for stage in self.stages
        )
        return Plan(stages, self.time_scale * time_scale, self.user_scale * user_scale)

    @property
    def is_open(self) -> bool:
        """Whether this is an open model: arrivals have a rate, however long the target takes to answer."""
        return any(stage.rate_to is not None for stage in self.stages)

    @property
    def total_s(self) -> float:
        """Seconds from the start of the first stage to the end of the last."""
        return sum(stage.duration_s for stage in self.stages)

    @property
    def step_s(self) -> float:
        """Seconds between two updates of the load: one, or less in compressed time."""
        return max(0.1, min(1.0, self.time_scale))

    def ends(self) -> list[float]:
        """Return each stage's end in seconds after the start."""
        ends: list[float] = []
        for stage in self.stages:
            ends.append((ends[-1] if ends else 0.0) + stage.duration_s)
        return ends

    def stage_at(self, at_s: float) -> Stage | None:
        """Return the stage that is active ``at_s`` seconds after the start; None after the end."""
        for stage, end_s in zip(self.stages, self.ends(), strict=True):
            if at_s < end_s:
                return stage
        return None

    def seconds_within(self, start_s: float, stop_s: float, stage: Callable[[str], bool]) -> float:
        """Return for how many seconds of a time the accepted stages last; the last one is open-ended."""
        ends, seconds, begins_s = self.ends(), 0.0, 0.0
        for number, (part, end_s) in enumerate(zip(self.stages, ends, strict=True)):
            until_s = stop_s if number == len(ends) - 1 else min(stop_s, end_s)
            seconds += max(0.0, until_s - max(start_s, begins_s)) if stage(part.name) else 0.0
            begins_s = end_s
        return seconds

    def users_at(self, at_s: float) -> float:
        """Return the wanted number of users (the line, not rounded) at ``at_s``; 0 after the end."""
        for stage, end_s in zip(self.stages, self.ends(), strict=True):
            if at_s < end_s:
                done = 1 - (end_s - at_s) / stage.duration_s
                return stage.users_from + (stage.users_to - stage.users_from) * done
        return 0.0

    def problems(self, processes: int = 1) -> list[str]:
        """Return a sentence, with the calculation, for each stage that ``processes`` processes cannot follow.

        Where a stage begins with another number of users than the previous one ended with, a second is allowed for it.
        """
        most, found, before = MAX_SPAWN_RATE * max(1, processes), [], 0
        limit = f"{max(1, processes)} x {MAX_SPAWN_RATE} users/s is the most that there can be"
        for stage in () if self.is_open else self.stages:
            moved, jump = abs(stage.users_to - stage.users_from), abs(stage.users_from - before)
            way = (
                f"stage '{stage.name}' goes from {stage.users_from} to {stage.users_to} users in {stage.duration_s:g} s"
            )
            if moved and stage.duration_s <= 0:
                found.append(f"{way}: give it a duration")
            elif moved > most * stage.duration_s:
                found.append(
                    f"{way}: {moved} / {stage.duration_s:g} = {moved / stage.duration_s:,.0f} users/s; {limit}"
                )
            if jump > most:
                found.append(f"stage '{stage.name}' begins with a jump of {jump} users; {limit}")
            before = stage.users_to
        return found

    def to_data(self) -> dict[str, Any]:
        """Return plain data for the run record."""
        stages = [{key: value for key, value in vars(s).items() if value is not None} for s in self.stages]
        return {"time_scale": self.time_scale, "user_scale": self.user_scale, "stages": stages}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that ``to_data`` described."""
        stages: Sequence[Mapping[str, Any]] = data["stages"]
        return cls(tuple(Stage(**stage) for stage in stages), data["time_scale"], data["user_scale"])


def _scaled_users(users: int, scale: float) -> int:
    """Scale a user count, keeping at least one user where there was one (smoke at 0.1 still tests)."""
    return max(1, round(users * scale)) if users else 0
