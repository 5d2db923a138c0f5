"""The load of an open model as one writes it: ``50/s``, or ``2m:50/s, 5m:50/s, 1m:0/s``."""

from __future__ import annotations

import re

from slo.load.plan import Plan, Stage

ALLOWED = (
    "a rate like 50/s, 300/m or 1000/h, held for --run-time, or steps of time and rate at their end, like "
    "'2m:50/s, 5m:50/s, 1m:0/s', which begin at 0/s or at a rate written first: '10/s, 2m:50/s'"
)
MAX_PER_S = 100_000.0
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*(s|m|min|h)", re.ASCII)
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|min|h)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class RateError(ValueError):
    """A text that is not a rate; the message says what is allowed."""


def stages(text: str, hold_s: float, users: int = 0) -> tuple[Stage, ...]:
    """Return the stages that ``text`` describes; a rate alone is held for ``hold_s`` seconds. Raises RateError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise RateError(f"--rate is empty; it is {ALLOWED}")
    rate = _parse_rate(parts.pop(0)) if ":" not in parts[0] else 0.0
    steps = [_parse_step(part) for part in parts] or [(hold_s, rate)]
    found: list[Stage] = []
    for duration_s, target in steps:
        name = f"{'hold at' if target == rate else 'ramp to'} {target:g}/s"
        again = sum(stage.name == name or stage.name.startswith(f"{name} (") for stage in found)
        name += f" ({again + 1})" if again else ""
        found.append(Stage(name, duration_s, users, users, rate, target))
        rate = target
    if not any(stage.rate_from or stage.rate_to for stage in found):
        raise RateError(f"--rate '{text}' has no arrival at all; it is {ALLOWED}")
    return tuple(found)


def users_for(stages: tuple[Stage, ...]) -> int:
    """Return the default number of users: the arrivals of ten seconds at the highest rate."""
    return max(10, round(10 * peak(stages)))


def peak(stages: tuple[Stage, ...]) -> float:
    """Return the highest rate, in arrivals per second."""
    return max(max(stage.load_from, stage.load_to) for stage in stages)


def plan(text: str, hold_s: float, users: int | None = None) -> Plan:
    """Return the plan of an open model with at most ``users`` users. Raises RateError."""
    return Plan(stages(text, hold_s, users or users_for(stages(text, hold_s))))


def _parse_step(text: str) -> tuple[float, float]:
    time, _, rate = text.partition(":")
    found = _TIME.fullmatch(time.strip())
    if found is None or not float(found[1]):
        raise RateError(f"--rate: '{text}' has no time before its colon; --rate is {ALLOWED}")
    return float(found[1]) * _SECONDS[found[2]], _parse_rate(rate.strip())


def _parse_rate(text: str) -> float:
    found = _RATE.fullmatch(text)
    if found is None:
        raise RateError(f"--rate: '{text}' is no rate; --rate is {ALLOWED}")
    per_s = float(found[1]) / _SECONDS[found[2]]
    if per_s > MAX_PER_S:
        raise RateError(f"--rate: {text} is more than this tool can offer ({MAX_PER_S:,.0f}/s)")
    return per_s
