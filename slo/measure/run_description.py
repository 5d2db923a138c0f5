"""What is about to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slo.load.plan import Plan
from slo.load.requested_load import RequestedLoad
from slo.load.search_record import SearchRecord
from slo.record.target import Target


@dataclass(frozen=True)
class RunDescription:
    """Everything of a run's record that is known before the first request."""

    name: str
    scenario: str | None
    target: Target
    plan: Plan | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    search: SearchRecord | None = None
    requested_load: RequestedLoad | None = None
