"""What is sampled about once a second while a run goes on: its users, and the target's own metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class UserSample:
    """Users that the plan asks for (None without a plan) and users running, ``at_ms`` after the run's start."""

    at_ms: int
    planned: float | None
    achieved: int


@dataclass(frozen=True)
class Scrape:
    """The target's own metrics by name, as read ``at_ms`` after the run's start."""

    at_ms: int
    values: Mapping[str, float]
