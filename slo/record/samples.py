"""Samples that are taken about once a second during a run: its users, and the target's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class UserSample:
    """Users planned (None without a plan) and users running, ``at_ms`` after the run's start."""

    at_ms: int
    planned: float | None
    achieved: int


@dataclass(frozen=True)
class Scrape:
    """The target's metrics by name, as read ``at_ms`` after the run's start."""

    at_ms: int
    values: Mapping[str, float]
