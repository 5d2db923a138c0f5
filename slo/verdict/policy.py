"""What decides a verdict and is no objective: options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FailOn = Literal["fail", "warning"]
"""From which status on the exit code is 1."""


@dataclass(frozen=True)
class Policy:
    """How to judge: whether an incomplete run has a verdict, and from which status on the exit code is 1.

    A run is incomplete where counts of a worker are missing, or much less load was offered than planned.
    """

    allow_incomplete: bool = False
    fail_on: FailOn = "fail"

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Policy:
        """Return the policy in the options of a run, as its record has them."""
        return cls(bool(options.get("allow_incomplete")), "warning" if options.get("fail_on") == "warning" else "fail")
