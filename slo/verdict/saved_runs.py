"""A folder of saved runs: reading them, comparing them, judging them again. Pure except for reading the folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from slo.baseline.blocks import Block
from slo.baseline.compare import Change, NotComparable, compare, compare_measured, measure
from slo.baseline.compared_indicator import ComparedIndicator
from slo.baseline.store import KEEP, Reference, differences
from slo.metrics.endpoint import EndpointNames, endpoint_id, method_and_name
from slo.metrics.indicator import Indicator, parse
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.record import run
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.verdict.judge import judge
from slo.verdict.regression import NO_BASELINE, compared_indicator_of
from slo.verdict.verdict import Verdict

INDICATORS = (
    "latency.p50",
    "latency.p95",
    "latency.p99",
    "latency.mean",
    "throughput.rps",
    "errors.ratio",
    "throttled.ratio",
    "checks.ratio",
)
"""Indicators that are compared where no objective names one."""


@dataclass(frozen=True)
class SavedRuns:
    """The runs saved in a folder, oldest first, and a sentence for each record that could not be read."""

    runs: tuple[Run, ...]
    unreadable: tuple[str, ...]


def read(folder: Path, scenario: str | None = None) -> SavedRuns:
    """Return the runs saved under ``folder``, or those of one scenario. Raises RunError where there is none."""
    runs: list[Run] = []
    unreadable: list[str] = []
    if not folder.is_dir():
        raise RunError(f"{folder}: there is no such folder; give one that holds runs, like reports")
    for file in sorted(folder.glob(f"*/{run.FILE_NAME}")):
        if file.parent.is_symlink():
            continue  # reports/latest is one of the others
        try:
            saved = run.read(file)
        except RunError as error:
            unreadable.append(str(error))
            continue
        if scenario is None or saved.scenario == scenario:
            runs.append(saved)
    if not runs:
        which = f" of scenario {scenario}" if scenario else ""
        raise RunError(f"{folder}: holds no saved run{which} that can be read")
    return SavedRuns(tuple(sorted(runs, key=lambda one: one.started_at)), tuple(unreadable))


def compared_indicator(indicator: Indicator, endpoint: Callable[[str], bool] | None = None) -> ComparedIndicator:
    """Return the question how an indicator changed, over all endpoints or those that the predicate accepts."""
    question = compared_indicator_of(Objective(indicator.name, indicator, Fraction(1)), {})
    return replace(question, endpoint=endpoint) if endpoint else question


def comparable_runs(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """Return the runs that are like the newest whole one, and a sentence for each that is left out."""
    newest = next((one for one in reversed(runs) if not _reason_unusable(one)), None)
    chosen, left = [], []
    for one in runs:
        why = _reason_unusable(one) or (_difference(one, newest) if newest else "")
        if why:
            left.append(f"{one.id}: left out, {why}")
        else:
            chosen.append(one)
    return chosen, left


def _reason_unusable(one: Run) -> str:
    """Return why a run is no whole one, as the end of a sentence; empty when it is."""
    if not one.tallies:
        return "it made no request"
    return "" if one.ended.how in ("completed", "stopped") else f"it was {one.ended.how}"


def _difference(one: Run, newest: Run) -> str:
    """Return how a run differs from the newest, as the end of a sentence; empty if it does not."""
    if one.scenario != newest.scenario:
        return f"its scenario is {one.scenario}"
    if one.ended.how != newest.ended.how:
        return f"it was {one.ended.how}, {newest.id} {newest.ended.how}"
    apart = differences(one, newest)
    return f"it differs from {newest.id} ({'; '.join(apart[:2])})" if apart else ""


@dataclass(frozen=True)
class Row:
    """One indicator of two runs side by side, of one endpoint or of all."""

    endpoint: str
    indicator: Indicator
    change: Change | NotComparable


def side_by_side(before: Run, after: Run) -> list[Row]:
    """Return how each indicator changed from one run to the other, over all requests and p95 by endpoint."""
    first, second = Reference.of(before).blocks, Reference.of(after).blocks
    rows = [Row("all", one, compare(second, [first], compared_indicator(one))) for one in map(parse, INDICATORS)]
    p95 = parse("latency.p95")
    for endpoint, accepts in _comparable_endpoints(first, second):
        rows.append(Row(endpoint, p95, compare(second, [first], compared_indicator(p95, accepts))))
    made = before.tally().checks or after.tally().checks
    return [row for row in rows if made or row.indicator.kind != "checks"]


def _comparable_endpoints(*runs: Sequence[Block]) -> list[tuple[str, Callable[[str], bool]]]:
    """Return the endpoints of runs as they are shown, each with the function that tells which ids are its.

    A name of which one run does not know the methods is one endpoint.
    """
    cells = [cell for blocks in runs for block in blocks for cell in block.cells.items()]
    pairs = {method_and_name(endpoint) for endpoint, tally in cells if tally.requests}
    unknown = {name for method, name in pairs if not method}
    names = EndpointNames(name if name in unknown else endpoint_id(method, name) for method, name in pairs)
    found = {}
    for method, name in sorted(pairs, key=lambda pair: pair[::-1]):
        endpoint = name if name in unknown else endpoint_id(method, name)
        found[names.shown(endpoint)] = partial(_is_same, endpoint)
    return list(found.items())


def _is_same(wanted: str, endpoint: str) -> bool:
    """Return whether an endpoint's id is ``wanted``, which may lack the method."""
    method, name = method_and_name(wanted)
    return endpoint == wanted or (not method and method_and_name(endpoint)[1] == name)


def noise_floors(runs: Sequence[Run], indicators: Mapping[str, ComparedIndicator]) -> dict[str, float]:
    """Return, by the indicators' names, the smallest change that can be detected among runs of the same kind.

    Each run is compared with all others; the median of the detectable changes is the noise floor.
    """
    blocks = [Reference.of(one).blocks for one in runs]
    found: dict[str, float] = {}
    for name, question in indicators.items():
        measured = [measure(own, question) for own in blocks]
        seen = []
        for number, own in enumerate(measured):
            change = compare_measured(own, [other for place, other in enumerate(measured) if place != number], question)
            if isinstance(change, Change):
                seen.append(change.detectable)
        if seen:
            found[name] = sorted(seen)[len(seen) // 2]
    return found


def backtest(runs: Sequence[Run], objectives: Objectives) -> list[Verdict]:
    """Return the verdict that each of ``runs`` would have got, compared with up to five runs before it."""
    found: list[Verdict] = []
    before: list[Reference] = []
    compared = any(objective.against == "baseline" for objective in objectives.items)
    for one in runs:
        found.append(judge(one, objectives, before[-KEEP:] or NO_BASELINE))
        if compared and one.tallies and one.ended.how == "completed":
            before.append(Reference.of(one))
    return found
