"""A finding: the answer to what a scenario is for, in a sentence and in numbers with their units."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from slo.metrics.quantity import Unit, show


@dataclass(frozen=True)
class Figure:
    """A number of a finding, in ``unit``; ``low`` and ``high`` bound it (None: not bounded on that side).

    If it is not ``exact``, only its bounds are known: at least 50 users, or a drift between two slopes.
    """

    name: str
    value: Fraction
    unit: Unit
    low: Fraction | None = None
    high: Fraction | None = None
    exact: bool = True

    def shown(self) -> str:
        """Return the number for people, with what bounds it."""
        text = show(self.value, self.unit)
        if self.low is not None and self.high is not None:
            return f"{text} ({show(self.low, self.unit)} to {show(self.high, self.unit)})"
        if not self.exact and self.low is not None:
            return f"at least {show(self.low, self.unit)}"
        if not self.exact and self.high is not None:
            return f"less than {show(self.high, self.unit)}"
        return text

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        bounds = {name: None if one is None else float(one) for name, one in (("low", self.low), ("high", self.high))}
        return {"name": self.name, "value": float(self.value), "unit": self.unit, **bounds, "exact": self.exact}


@dataclass(frozen=True)
class Trial:
    """A judged step of a search for the limit: ``users`` held from ``hold_s`` to ``end_s``, seconds of the run.

    ``running`` is how many of them ran on average; ``p95_ms`` is of all requests, ``low_ms`` and ``high_ms`` its 95 %
    interval; ``missed`` is the objective furthest past its target, mostly at ``endpoint``; ``busy`` is whether our own
    generator was saturated.
    """

    users: int
    running: Fraction
    hold_s: float
    end_s: float
    requests: int
    rps: Fraction
    p95_ms: Fraction | None
    low_ms: Fraction | None
    high_ms: Fraction | None
    failed_ratio: Fraction | None
    outcome: Literal["held", "failed", "unclear"]
    missed: str | None
    endpoint: str | None
    busy: bool

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: float(one) if isinstance(one, Fraction) else one for name, one in vars(self).items()}


@dataclass(frozen=True)
class Finding:
    """The answer of a run to one question. If it is not ``is_answered``, ``answer`` says what would give an answer.

    ``trials`` are the steps of a search for the limit.
    """

    name: str
    answer: str
    is_answered: bool = True
    figures: tuple[Figure, ...] = ()
    details: tuple[str, ...] = ()
    trials: tuple[Trial, ...] = ()

    def figure(self, name: str) -> Figure | None:
        """Return the figure called ``name``, if the finding has it."""
        return next((one for one in self.figures if one.name == name), None)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data = {
            "name": self.name,
            "told": self.is_answered,
            "answer": self.answer,
            "figures": [one.to_data() for one in self.figures],
            "details": list(self.details),
        }
        return {**data, "trials": [one.to_data() for one in self.trials]} if self.trials else data


def rounded(value: float) -> Fraction:
    """Return ``value`` to six digits, to which fitted values are the same on every machine."""
    return Fraction(f"{value:.6g}")
