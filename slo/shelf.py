"""Saved runs on a shelf: what ``locust-slo`` says of many of them. Pure but for reading the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from slo import run as record
from slo.baseline import Reference
from slo.compare import Change, Question, compare
from slo.indicator import Indicator, parse
from slo.judge import judge, measured
from slo.objectives import Objective, Objectives
from slo.run import Run, RunError
from slo.verdict import Verdict

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
"""What is compared where no objective says what."""


@dataclass(frozen=True)
class Shelf:
    """The runs saved in a folder, oldest first, and a sentence for each record that could not be read."""

    runs: tuple[Run, ...]
    unreadable: tuple[str, ...]


def read(folder: Path, scenario: str | None = None) -> Shelf:
    """Return the runs saved under ``folder``; of one scenario, if it is named. Raises RunError where there is none."""
    runs: list[Run] = []
    unreadable: list[str] = []
    if not folder.is_dir():
        raise RunError(f"{folder}: there is no such folder; give one that holds runs, like reports")
    for file in sorted(folder.glob(f"*/{record.FILE_NAME}")):
        if file.parent.is_symlink():
            continue  # reports/latest is one of the others
        try:
            saved = record.read(file)
        except RunError as error:
            unreadable.append(str(error))
            continue
        if scenario is None or saved.scenario == scenario:
            runs.append(saved)
    if not runs:
        which = f" of scenario {scenario}" if scenario else ""
        raise RunError(f"{folder}: holds no saved run{which} that can be read")
    return Shelf(tuple(sorted(runs, key=lambda one: one.started_at)), tuple(unreadable))


def question_of(indicator: Indicator, endpoint: Callable[[str], bool] = lambda _: True) -> Question:
    """Return the question how an indicator changed, over the endpoints that the predicate accepts."""
    objective = Objective(indicator.name, indicator, Fraction(1))
    return Question(indicator, lambda tally, seconds: measured(objective, tally, seconds), endpoint)


@dataclass(frozen=True)
class Row:
    """One indicator of two runs side by side, of one endpoint or of all."""

    endpoint: str
    indicator: Indicator
    change: Change | str


def side_by_side(before: Run, after: Run) -> list[Row]:
    """Return how each indicator changed from one run to the other, over all requests and p95 by endpoint."""
    first, second = Reference.of(before).blocks, Reference.of(after).blocks
    rows = [Row("all", one, compare(second, [first], question_of(one))) for one in map(parse, INDICATORS)]
    p95 = parse("latency.p95")
    for name in sorted({*before.endpoints, *after.endpoints}):
        rows.append(Row(name, p95, compare(second, [first], question_of(p95, name.__eq__))))
    return [row for row in rows if not _never(row, before, after)]


def _never(row: Row, before: Run, after: Run) -> bool:
    """Whether both runs have nothing of what the row is of: no throttling, no check."""
    return isinstance(row.change, str) and not (before.cells and after.cells and row.indicator.kind == "latency")


def floors(runs: Sequence[Run]) -> Iterator[tuple[Indicator, float]]:
    """Yield each indicator with the smallest change that runs like these, all alike, would let be seen.

    Each run is compared with all others; the median of what each comparison could have seen is the noise floor.
    """
    blocks = [Reference.of(one).blocks for one in runs]
    for indicator in map(parse, INDICATORS):
        seen = []
        for number, own in enumerate(blocks):
            change = compare(
                own, [other for place, other in enumerate(blocks) if place != number], question_of(indicator)
            )
            if isinstance(change, Change):
                seen.append(change.visible)
        if seen:
            yield indicator, sorted(seen)[len(seen) // 2]


def backtest(runs: Sequence[Run], objectives: Objectives) -> list[Verdict]:
    """Return the verdict that each of ``runs`` would have got."""
    return [judge(one, objectives, "a backtest judges each run for itself") for one in runs]
