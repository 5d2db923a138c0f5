"""Objectives: the YAML file that says what is demanded of a run, checked by schema and then by meaning."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any, Literal

from slo.metrics import indicator, quantity
from slo.metrics.indicator import Direction, Indicator, IndicatorError
from slo.metrics.quantity import QuantityError, Unit
from slo.metrics.tally import Since
from slo.objectives import document, grammar
from slo.objectives.document import Document, DocumentError, Path, Problem

Priority = Literal["P0", "P1", "P2"]
ABORT_AFTER_S = Fraction(30)
"""For how long an objective with `abort: true` may be past its target."""


@dataclass(frozen=True)
class Scope:
    """Where an objective holds; an empty part means everywhere. Endpoints and stages may be patterns.

    What began in the first ``warmup_s`` seconds of a run is left out; a compressed plan compresses them too.
    """

    scenarios: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    warmup_s: Fraction = Fraction(0)


@dataclass(frozen=True)
class Objective:
    """An indicator with its target, in the indicator's unit. ``line`` is where the file says so.

    Past its target for ``abort_s`` seconds of a run it ends the run, where it is not None.
    ``of`` chooses whose latency counts, ``since`` from when (None: from the intended start where there was one);
    ``throttled`` whether a 429 is an error; ``check`` one check by name.
    An objective ``against`` the baseline bounds how much worse than the reference runs the indicator may be: its
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
    def unit(self) -> Unit:
        """The unit of value, target and warning."""
        return self.indicator.unit if self.against == "target" else "ratio"

    @property
    def direction(self) -> Direction:
        """Whether less or more is better; of a change to the worse, less."""
        return self.indicator.direction if self.against == "target" else "lower"


@dataclass(frozen=True)
class Objectives:
    """A whole file: its objectives, its groups of endpoints, where it came from and its text's SHA-256.

    ``baselines`` is the folder of the reference runs; ``any_baseline`` whether those of another environment count.
    ``text`` is the file's own text, so that a run can keep what it was judged by.
    """

    title: str
    groups: Mapping[str, tuple[str, ...]]
    items: tuple[Objective, ...]
    source: str
    sha256: str
    baselines: FilePath | None = None
    any_baseline: bool = False
    text: str = ""


class ObjectivesError(DocumentError):
    """An objectives file with problems; its text has a line ``file:line:column: key: sentence`` for each."""


def load(path: FilePath) -> Objectives:
    """Return the objectives in the file at ``path``; raises ObjectivesError with every problem found."""
    try:
        text = document.read(path)
    except DocumentError as error:
        raise ObjectivesError(error.problems) from None
    return parse(text, str(path))


def parse(text: str, source: str) -> Objectives:
    """Return the objectives in the YAML ``text``; raises ObjectivesError with every problem found."""
    try:
        doc = document.parse(text, source)
    except DocumentError as error:
        raise ObjectivesError(error.problems) from None
    problems = list(grammar.problems(doc, "objectives"))
    spoilt = {problem.key for problem in problems}
    found = list(_read_all(doc, spoilt, problems))
    problems += _repeated(doc, found)
    if problems:
        raise ObjectivesError(problems)
    return Objectives(
        title=doc.data.get("title", ""),
        groups={name: tuple(endpoints) for name, endpoints in doc.data.get("groups", {}).items()},
        items=tuple(objective for _, objective in found),
        source=source,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        text=text,
    )


def _read_all(doc: Document, spoilt: set[str], problems: list[Problem]) -> Iterator[tuple[Path, Objective]]:
    """Yield what can be read; what the schema already refused is not looked at again, the rest is."""
    data = doc.data if isinstance(doc.data, dict) else {}
    items, groups = data.get("objectives"), data.get("groups")
    for index, item in enumerate(items if isinstance(items, list) else []):
        path: Path = ("objectives", index)
        if not isinstance(item, dict):
            continue
        item = {key: value for key, value in item.items() if not _is_spoilt((*path, key), spoilt)}
        if "indicator" not in item:
            continue
        reader = _Reader(doc, path, item, groups if isinstance(groups, dict) else {})
        objective = reader.read()
        problems += reader.problems
        if objective is not None:
            yield path, objective
    yield from _read_regressions(doc, data, spoilt, problems)


def _read_regressions(
    doc: Document, data: Mapping[str, Any], spoilt: set[str], problems: list[Problem]
) -> Iterator[tuple[Path, Objective]]:
    regressions, groups = data.get("regression"), data.get("groups")
    for name, item in (regressions if isinstance(regressions, dict) else {}).items():
        path: Path = ("regression", name)
        if not isinstance(item, dict) or not isinstance(name, str):
            continue
        item = {key: value for key, value in item.items() if not _is_spoilt((*path, key), spoilt)}
        reader = _Reader(doc, path, item, groups if isinstance(groups, dict) else {})
        objective = reader.read_regression(name, _covered(data, name, item))
        problems += reader.problems
        if objective is not None:
            yield path, objective


def _covered(data: Mapping[str, Any], indicator_name: str, regression: Mapping[str, Any]) -> bool:
    """Return whether objectives with a target hold wherever the regression does."""
    items = data.get("objectives")
    wanted: set[str] = _set(regression, "scenario")
    scenarios: set[str] = set()
    own = _set(regression, "endpoint"), _set(regression, "group")
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or item.get("indicator") != indicator_name or "stage" in item:
            continue
        if (_set(item, "endpoint"), _set(item, "group")) not in ((set(), set()), own):
            continue
        if "scenario" not in item:
            return True
        scenarios |= _set(item, "scenario")
    return bool(wanted) and wanted <= scenarios


def _set(item: Mapping[str, Any], key: str) -> set[str]:
    value = item.get(key, [])
    return {value} if isinstance(value, str) else {str(one) for one in value} if isinstance(value, list) else set()


def _is_spoilt(path: Path, spoilt: set[str]) -> bool:
    start = document.show_path(path)
    return any(key == start or key.startswith(f"{start}[") for key in spoilt)


def _repeated(doc: Document, found: Iterable[tuple[Path, Objective]]) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for path, objective in found:
        if objective.name in lines:
            named = (*path, "name") in doc.values
            todo = "" if named else "; give it a `name`"
            yield doc.problem(
                (*path, "name") if named else path,
                f"the objective on line {lines[objective.name]} is called '{objective.name}' too{todo}",
            )
        lines.setdefault(objective.name, objective.line)


class _Reader:
    """Reads one objective whose keys and types are right, and notes what makes no sense."""

    def __init__(self, doc: Document, path: Path, item: dict[str, Any], groups: Mapping[str, Any]) -> None:
        self.problems: list[Problem] = []
        self._doc = doc
        self._path = path
        self._item = item
        self._groups = groups

    def read(self) -> Objective | None:
        """Return the objective, or None when there are problems."""
        item = self._item
        try:
            what = indicator.parse(item["indicator"])
        except IndicatorError as error:
            self._wrong("indicator", str(error))
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
        """Return the objective that bounds how much worse than the baseline ``name`` may be, or None."""
        try:
            what = indicator.parse(name)
        except IndicatorError as error:
            self.problems.append(self._doc.problem(self._path, str(error), at_key=True))
            return None
        if what.kind == "finding":
            self._whole("is the answer of one run; bound it by an objective with a target")
        elif what.kind == "dropped":
            self._whole("is nothing in most runs; bound it by an objective with a target")
        elif what.kind == "requests":
            self._whole("counts what the load asked for; compare `throughput.rps`")
        elif not covered:
            self._whole(
                f"needs an objective with a target for `{name}` too, in the same scenarios and of the same endpoints: "
                "small steps could pass for ever"
            )
        share = Indicator(what.name, what.kind, what.statistic, "ratio", "lower")
        target, warning = self._quantity("target", share), self._quantity("warning", share)
        if target == 0:
            self._wrong("target", "nothing can be free of noise; set it to a share like `10 %`")
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

    def _whole(self, message: str) -> None:
        self.problems.append(self._doc.problem(self._path, message, at_key=True))

    def _quantity(self, key: str, what: Indicator) -> Fraction | None:
        if key not in self._item:
            return None
        try:
            return quantity.parse(self._doc.texts[(*self._path, key)], what.unit)
        except QuantityError as error:
            self._wrong(key, str(error))
            return None

    def _check_target(self, what: Indicator, target: Fraction) -> None:
        shown = quantity.write(target, what.unit)
        if what.unit == "ratio" and target > 1:
            self._wrong("target", f"{shown} is more than all; a share lies between 0 % and 100 %")
        elif what.best == 0 and target == 1:
            self._wrong("target", "nothing can miss 100 % here; set it lower or leave the objective out")
        elif target == 0 and what.best != 0:
            words = "nothing can meet" if what.direction == "lower" else "nothing can miss"
            self._wrong("target", f"{words} {shown} here; set it higher or leave the objective out")

    def _check_warning(self, what: Indicator, target: Fraction, warning: Fraction) -> None:
        stricter = warning < target if what.direction == "lower" else warning > target
        possible = what.unit != "ratio" or warning <= 1
        if not stricter or not possible:
            side = "below" if what.direction == "lower" else "above"
            bound = quantity.write(target, what.unit)
            self._wrong("warning", f"must be stricter than the target: {side} {bound}")

    def _scope(self) -> Scope:
        names = {key: self._names(key) for key in ("scenario", "endpoint", "group", "stage")}
        if names["endpoint"] and names["group"]:
            self._wrong("group", "is given beside `endpoint`; give one of the two")
        for group in names["group"]:
            if group not in self._groups:
                near = difflib.get_close_matches(group, self._groups, n=1)
                meant = f"; did you mean `{near[0]}`?" if near else "."
                there = ", ".join(sorted(self._groups)) or "none; define them under `groups`"
                self._wrong("group", f"there is no group `{group}`{meant} Groups: {there}")
        warmup_s = self._warmup()
        return Scope(names["scenario"], names["endpoint"], names["group"], names["stage"], warmup_s)

    def _warmup(self) -> Fraction:
        if "warmup" not in self._item:
            return Fraction(0)
        try:
            return quantity.parse(self._doc.texts[(*self._path, "warmup")], "s")
        except QuantityError as error:
            self._wrong("warmup", str(error))
            return Fraction(0)

    def _names(self, key: str) -> tuple[str, ...]:
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
                self._wrong(key, f"belongs to {owner}, not to `{what.name}`; remove it", at_key=True)
        for key in ("endpoint", "group", "stage", "warmup"):
            if key in self._item and what.kind == "finding":
                self._wrong(key, f"cannot narrow `{what.name}`: it is of the whole run; remove it", at_key=True)
            elif key in self._item and what.kind == "dropped" and key in ("endpoint", "group"):
                self._wrong(key, f"cannot narrow `{what.name}`: arrivals are of no endpoint; remove it", at_key=True)

    def _abort(self, what: Indicator) -> Fraction | None:
        """Return after how many seconds past its target the objective ends a run, or None."""
        value = self._item.get("abort")
        if not value and value != {}:
            return None
        if what.kind in ("requests", "dropped", "finding"):
            words = f"`{what.name}` is known when the run has ended, not before; remove it"
            self._wrong("abort", words, at_key=True)
        if value is True:
            return ABORT_AFTER_S
        path = (*self._path, "abort", "after")
        after = value.get("after") if isinstance(value, dict) else None
        if not isinstance(after, str | int | float) or isinstance(after, bool):
            return None  # the schema said so already
        try:
            return quantity.parse(self._doc.texts[path], "ms") / 1000
        except QuantityError as error:
            self.problems.append(self._doc.problem(path, str(error)))
            return None

    def _wrong(self, key: str, message: str, at_key: bool = False) -> None:
        self.problems.append(self._doc.problem((*self._path, key), message, at_key))


def _name(what: Indicator, scope: Scope, item: Mapping[str, Any]) -> str:
    """Return the name of an objective without one: its indicator, and its scope in words."""
    words = what.name
    if item.get("of", "all") != "all":
        words += f" ({item['of']} requests)"
    if item.get("since"):
        words += f" since {item['since']}"
    if item.get("throttled") == "ignored":
        words += " (429 aside)"
    if item.get("check"):
        words += f" '{item['check']}'"
    where = (*scope.endpoints, *scope.groups)
    words += f" of {', '.join(where)}" if where else ""
    words += f" during {', '.join(scope.stages)}" if scope.stages else ""
    words += f" in {', '.join(scope.scenarios)}" if scope.scenarios else ""
    return words + (f" after {quantity.write(scope.warmup_s, 's')}" if scope.warmup_s else "")
