"""Reads one objective whose keys and types the schema accepted; what has no meaning is a problem with its line."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from slo.metrics import indicator, quantity
from slo.metrics.indicator import WHOLE_RUN, Indicator, IndicatorError
from slo.metrics.quantity import QuantityError
from slo.objectives.document import Document, Path, Problem
from slo.objectives.objective import Objective, Scope, endpoints_text
from slo.text import suggest

ABORT_AFTER_S = Fraction(30)
"""For how long an objective with `abort: true` may be past its target."""


class ObjectiveReader:
    """Reads one objective whose keys and types are valid, and collects the problems in its meaning."""

    def __init__(self, doc: Document, path: Path, item: dict[str, Any], groups: Mapping[str, Any]) -> None:
        self.problems: list[Problem] = []
        self._doc = doc
        self._path = path
        self._item = item
        self._groups = groups

    def read(self) -> Objective | None:
        """Return the objective; None if it has problems."""
        item = self._item
        try:
            what = indicator.parse(item["indicator"])
        except IndicatorError as error:
            self._add_problem("indicator", str(error))
            return None
        target, warning = self._quantity("target", what), self._quantity("warning", what)
        if target is not None:
            self._check_target(what, target)
            if warning is not None:
                self._check_warning(what, target, warning)
        scope = self._scope()
        self._check_extras(what)
        abort_s = self._abort(what)
        if self.problems or target is None:
            return None
        return Objective(
            name=item.get("name") or _name(what, scope, item),
            indicator=what,
            target=target,
            warning=warning,
            priority=item.get("priority", "P1"),
            scope=scope,
            of=item.get("of", "all"),
            since=item.get("since"),
            throttled=item.get("throttled", "error"),
            check=item.get("check"),
            confidence=Fraction(95, 100) if "confidence" in item else None,
            line=self._doc.values[self._path][0],
            abort_s=abort_s,
        )

    def read_regression(self, name: str, covered: bool) -> Objective | None:
        """Return the objective on how much worse than the baseline ``name`` may be; None if it has problems."""
        try:
            what = indicator.parse(name)
        except IndicatorError as error:
            self.problems.append(self._doc.problem(self._path, str(error), at_key=True))
            return None
        if what.kind == "finding":
            self._add_problem_of_item("is the answer of one run; bound it by an objective with a target")
        elif what.kind in ("dropped", "exceptions"):
            self._add_problem_of_item("is nothing in most runs; bound it by an objective with a target")
        elif what.kind == "requests":
            self._add_problem_of_item("counts what the load requested; compare `throughput.rps`")
        elif not covered:
            self._add_problem_of_item(
                f"needs an objective with a target for `{name}` too, in the same scenarios and of the same endpoints: "
                "otherwise small regressions could add up without a limit"
            )
        share = Indicator(what.name, what.kind, what.statistic, "ratio", "lower")
        target, warning = self._quantity("target", share), self._quantity("warning", share)
        if target == 0:
            self._add_problem("target", "nothing can be free of noise; set it to a share like `10 %`")
        elif target is not None and warning is not None:
            self._check_warning(share, target, warning)
        scope = self._scope()
        if self.problems or target is None:
            return None
        return Objective(
            name=self._item.get("name") or f"regression of {_name(what, scope, self._item)}",
            indicator=what,
            target=target,
            warning=warning,
            priority=self._item.get("priority", "P1"),
            scope=scope,
            line=self._doc.values[self._path][0],
            against="baseline",
        )

    def _add_problem_of_item(self, message: str) -> None:
        self.problems.append(self._doc.problem(self._path, message, at_key=True))

    def _quantity(self, key: str, what: Indicator) -> Fraction | None:
        if key not in self._item:
            return None
        try:
            return quantity.parse(self._doc.texts[(*self._path, key)], what.unit)
        except QuantityError as error:
            self._add_problem(key, str(error))
            return None

    def _check_target(self, what: Indicator, target: Fraction) -> None:
        shown = quantity.write(target, what.unit)
        if what.unit == "ratio" and target > 1:
            self._add_problem("target", f"{shown} is more than everything; a share is between 0 % and 100 %")
        elif what.best == 0 and target == 1:
            self._add_problem("target", "nothing can miss 100 % here; set it lower or leave the objective out")
        elif target == 0 and what.best != 0:
            words = "nothing can meet" if what.direction == "lower" else "nothing can miss"
            self._add_problem("target", f"{words} {shown} here; set it higher or leave the objective out")

    def _check_warning(self, what: Indicator, target: Fraction, warning: Fraction) -> None:
        stricter = warning < target if what.direction == "lower" else warning > target
        possible = what.unit != "ratio" or warning <= 1
        if not stricter or not possible:
            side = "below" if what.direction == "lower" else "above"
            bound = quantity.write(target, what.unit)
            self._add_problem("warning", f"must be stricter than the target: {side} {bound}")

    def _scope(self) -> Scope:
        names = {key: self._list_of(key) for key in ("scenario", "endpoint", "group", "stage", "method")}
        if names["endpoint"] and names["group"]:
            self._add_problem("group", "is given beside `endpoint`; give one of the two")
        for group in names["group"]:
            if group not in self._groups:
                closest = suggest.closest(group, self._groups)
                meant = f"; did you mean `{closest}`?" if closest else "."
                there = ", ".join(sorted(self._groups)) or "none; define them under `groups`"
                self._add_problem("group", f"there is no group `{group}`{meant} Groups: {there}")
        warmup_s = self._warmup()
        return Scope(names["scenario"], names["endpoint"], names["group"], names["stage"], warmup_s, names["method"])

    def _warmup(self) -> Fraction:
        if "warmup" not in self._item:
            return Fraction(0)
        try:
            return quantity.parse(self._doc.texts[(*self._path, "warmup")], "s")
        except QuantityError as error:
            self._add_problem("warmup", str(error))
            return Fraction(0)

    def _list_of(self, key: str) -> tuple[str, ...]:
        value = self._item.get(key, ())
        return (value,) if isinstance(value, str) else tuple(value)

    def _check_extras(self, what: Indicator) -> None:
        belongs = {
            "of": ("a latency", what.kind == "latency"),
            "since": ("a latency", what.kind == "latency"),
            "throttled": ("`errors.ratio`", what.kind == "errors"),
            "check": ("`checks.ratio`", what.kind == "checks"),
            "confidence": ("a percentile", what.percentile is not None),
        }
        for key, (owner, fits) in belongs.items():
            if key in self._item and not fits:
                self._add_problem(key, f"belongs to {owner}, not to `{what.name}`; remove it", at_key=True)
        for key in ("endpoint", "group", "method", "stage", "warmup"):
            if key in self._item and what.kind in WHOLE_RUN:
                self._add_problem(key, f"cannot narrow `{what.name}`: it is of the whole run; remove it", at_key=True)
            elif key in self._item and what.kind == "dropped" and key in ("endpoint", "group", "method"):
                self._add_problem(
                    key, f"cannot narrow `{what.name}`: arrivals are of no endpoint; remove it", at_key=True
                )

    def _abort(self, what: Indicator) -> Fraction | None:
        """Return after how many seconds past its target the objective aborts a run; None for never."""
        value = self._item.get("abort")
        if not value and value != {}:
            return None
        if what.kind in ("requests", "dropped") or what.kind in WHOLE_RUN:
            words = f"`{what.name}` is known when the run has ended, not before; remove it"
            self._add_problem("abort", words, at_key=True)
        if value is True:
            return ABORT_AFTER_S
        path = (*self._path, "abort", "after")
        after = value.get("after") if isinstance(value, dict) else None
        if not isinstance(after, str | int | float) or isinstance(after, bool):
            return None  # the schema has reported it already
        try:
            return quantity.parse(self._doc.texts[path], "ms") / 1000
        except QuantityError as error:
            self.problems.append(self._doc.problem(path, str(error)))
            return None

    def _add_problem(self, key: str, message: str, at_key: bool = False) -> None:
        self.problems.append(self._doc.problem((*self._path, key), message, at_key))


def _name(what: Indicator, scope: Scope, item: Mapping[str, Any]) -> str:
    """Return the name of an objective without one: its indicator and its scope."""
    words = what.name
    if item.get("of", "all") != "all":
        words += f" ({item['of']} requests)"
    if item.get("since"):
        words += f" since {item['since']}"
    if item.get("throttled") == "ignored":
        words += " (429 aside)"
    if item.get("check"):
        words += f" '{item['check']}'"
    of = endpoints_text(scope.methods, (*scope.endpoints, *scope.groups))
    words += f" of {of}" if of else ""
    words += f" during {', '.join(scope.stages)}" if scope.stages else ""
    words += f" in {', '.join(scope.scenarios)}" if scope.scenarios else ""
    return words + (f" after {quantity.write(scope.warmup_s, 's')}" if scope.warmup_s else "")
