"""Objectives files: YAML, validated by a JSON Schema and then by meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from slo.metrics.indicator import IndicatorError
from slo.metrics.indicator import parse as parse_indicator
from slo.objectives import document, grammar
from slo.objectives.document import Document, DocumentError, Path, Problem
from slo.objectives.objective import Objective
from slo.objectives.objective_reader import ObjectiveReader


@dataclass(frozen=True)
class Objectives:
    """A whole file: its objectives, its groups of endpoints, its source and its text's SHA-256.

    ``baselines`` is the folder of the reference runs; ``any_baseline`` whether those of another environment count.
    ``text`` is the file's own text, which a run keeps with its verdict.
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
    problems += _duplicate_names(doc, found)
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


def _read_all(doc: Document, invalid_keys: set[str], problems: list[Problem]) -> Iterator[tuple[Path, Objective]]:
    """Yield the objectives that can be read; keys that the schema rejected are left out."""
    data = doc.data if isinstance(doc.data, dict) else {}
    items, groups = data.get("objectives"), data.get("groups")
    for index, item in enumerate(items if isinstance(items, list) else []):
        path: Path = ("objectives", index)
        if not isinstance(item, dict):
            continue
        item = {key: value for key, value in item.items() if not _is_invalid((*path, key), invalid_keys)}
        if "indicator" not in item:
            continue
        reader = ObjectiveReader(doc, path, item, groups if isinstance(groups, dict) else {})
        objective = reader.read()
        problems += reader.problems
        if objective is not None:
            yield path, objective
    yield from _read_regressions(doc, data, invalid_keys, problems)


def _read_regressions(
    doc: Document, data: Mapping[str, Any], invalid_keys: set[str], problems: list[Problem]
) -> Iterator[tuple[Path, Objective]]:
    regressions, groups = data.get("regression"), data.get("groups")
    for name, item in (regressions if isinstance(regressions, dict) else {}).items():
        path: Path = ("regression", name)
        if not isinstance(item, dict) or not isinstance(name, str):
            continue
        item = {key: value for key, value in item.items() if not _is_invalid((*path, key), invalid_keys)}
        reader = ObjectiveReader(doc, path, item, groups if isinstance(groups, dict) else {})
        objective = reader.read_regression(name, _has_objective_with_target(data, name, item))
        problems += reader.problems
        if objective is not None:
            yield path, objective


def _has_objective_with_target(data: Mapping[str, Any], indicator_name: str, regression: Mapping[str, Any]) -> bool:
    """Return whether objectives with a target hold wherever the regression does.

    One of some stages alone is none, but for throughput: only the stages that offer the load bound it.
    """
    items = data.get("objectives")
    wanted: set[str] = _as_set(regression, "scenario")
    scenarios: set[str] = set()
    parts = ("endpoint", "group", "method")
    own = [_as_set(regression, part) for part in parts]
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or _canonical(item.get("indicator")) != _canonical(indicator_name):
            continue
        if "stage" in item and indicator_name != "throughput.rps":
            continue
        if [_as_set(item, part) for part in parts] not in ([set()] * len(parts), own):
            continue
        if "scenario" not in item:
            return True
        scenarios |= _as_set(item, "scenario")
    return bool(wanted) and wanted <= scenarios


def _canonical(name: object) -> str:
    """Return the one spelling of an indicator's name; of what is no indicator, its text."""
    try:
        return parse_indicator(str(name)).name
    except IndicatorError:
        return str(name)


def _as_set(item: Mapping[str, Any], key: str) -> set[str]:
    value = item.get(key, [])
    return {value} if isinstance(value, str) else {str(one) for one in value} if isinstance(value, list) else set()


def _is_invalid(path: Path, invalid_keys: set[str]) -> bool:
    start = document.show_path(path)
    return any(key == start or key.startswith(f"{start}[") for key in invalid_keys)


def _duplicate_names(doc: Document, found: Iterable[tuple[Path, Objective]]) -> Iterator[Problem]:
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
