"""An objective: an indicator with its target, and where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from slo.metrics.indicator import Direction, Indicator
from slo.metrics.quantity import Unit
from slo.metrics.tally import Since

Priority = Literal["P0", "P1", "P2"]


@dataclass(frozen=True)
class Scope:
    """Where an objective holds; an empty part means everywhere. Endpoints, methods and stages may be patterns.

    What began in the first ``warmup_s`` seconds of a run is left out; a compressed plan compresses them too.
    """

    scenarios: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    warmup_s: Fraction = Fraction(0)
    methods: tuple[str, ...] = ()

    @property
    def has_all_endpoints(self) -> bool:
        """Whether it selects all endpoints."""
        return not (self.endpoints or self.groups or self.methods)


def endpoints_text(methods: Sequence[str], names: Sequence[str]) -> str:
    """Return which endpoints are selected, as part of a sentence; an empty text for all."""
    return " ".join(filter(None, (", ".join(methods), ", ".join(names))))


@dataclass(frozen=True)
class Objective:
    """An indicator with its target, in the indicator's unit. ``line`` is its line in the file.

    ``abort_s``: the run is aborted after this many seconds past the target; None for never.
    ``of`` selects the requests whose latency counts, ``since`` the start of the measurement (None: the intended start
    where there is one); ``throttled`` whether a 429 is an error; ``check`` one check by name.
    An objective ``against`` the baseline limits how much worse than the reference runs the indicator may be: its
    value, target and warning are shares of the reference's value (of all requests, where the indicator is a share).
    """

    name: str
    indicator: Indicator
    target: Fraction
    warning: Fraction | None = None
    priority: Priority = "P1"
    scope: Scope = Scope()
    of: Literal["all", "ok", "failed"] = "all"
    since: Since | None = None
    throttled: Literal["error", "ignored"] = "error"
    check: str | None = None
    confidence: Fraction | None = None
    line: int = 0
    against: Literal["target", "baseline"] = "target"
    abort_s: Fraction | None = None

    @property
    def bound(self) -> Fraction:
        """The stricter of target and warning: a value past it is no PASS."""
        return self.target if self.warning is None else self.warning

    @property
    def unit(self) -> Unit:
        """The unit of value, target and warning."""
        return self.indicator.unit if self.against == "target" else "ratio"

    @property
    def direction(self) -> Direction:
        """Whether less or more is better; of a change to the worse, less."""
        return self.indicator.direction if self.against == "target" else "lower"
