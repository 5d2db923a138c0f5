"""Pages of HTML: Jinja2 templates that escape every text, and the tables that they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from itertools import zip_longest
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slo.text.clean import cleaned
from slo.verdict.result import Status

MAX_ROWS = 200
"""Rows of a table; those beyond are counted."""
MAX_SENTENCE = 600
"""Characters of a sentence; a name has fewer."""
SIGNS: dict[Status, str] = {
    "PASS": "✓",
    "WARNING": "△",
    "FAIL": "✗",
    "CRITICAL": "‼",
    "NO DATA": "?",
    "SKIPPED": "–",
}
"""Shown beside the name of the status and its colour."""
_TEXT_COLUMNS = frozenset(
    (
        "objective", "endpoint", "check", "failure", "worker", "stage", "status", "priority", "complete", "outcome",
        "past its target", "process", "sends requests", "indicator", "seen", "run", "started at", "commit", "trace",
    )
)  # fmt: skip

Parts = tuple[tuple[str, str | None], ...]
"""A text in pieces, each with the URL of its link, or None."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: a text, or a badge of ``status``, or a text in ``parts`` with links.

    ``value`` is the sort key of the column if it is not the text; ``share`` draws a bar of this many percent, in
    the colour of ``gauge_status``.
    """

    text: str
    value: str = ""
    status: str = ""
    share: float | None = None
    gauge_status: str = ""
    parts: Parts = ()


@dataclass(frozen=True)
class Column:
    """A column by its title; numbers are aligned right and sorted by value."""

    title: str

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.title not in _TEXT_COLUMNS

    @property
    def kind(self) -> str:
        """How it is sorted: ``number`` or ``text``."""
        return "number" if self.numeric or self.title == "status" else "text"


@dataclass(frozen=True)
class Table:
    """A table that a click sorts; ``foot`` is its last row, which stays last. ``statuses`` colour the rows."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()
    statuses: Sequence[Status] = ()

    @classmethod
    def of_texts(cls, name: str, head: Sequence[str], rows: Sequence[Sequence[str]], foot: Sequence[str] = ()) -> Table:
        """Return a table whose cells are texts."""
        return cls(name, head, [[Cell(text) for text in row] for row in rows], [Cell(text) for text in foot])

    @property
    def columns(self) -> list[Column]:
        """Its columns in order."""
        return [Column(title) for title in self.head]

    @property
    def shown(self) -> list[tuple[Sequence[Cell], Status | None]]:
        """The rows that the page shows, each with its status, if it has one."""
        return list(zip_longest(self.rows[:MAX_ROWS], self.statuses[:MAX_ROWS]))

    @property
    def hidden(self) -> int:
        """How many rows are not shown."""
        return max(0, len(self.rows) - MAX_ROWS)

    def pairs(self, cells: Sequence[Cell]) -> list[tuple[Column, Cell]]:
        """Return the cells of a row after the first one, each with its column."""
        return list(zip(self.columns[1:], cells[1:], strict=True))


def render(template: str, **context: Any) -> str:
    """Return the page that ``template`` renders from ``context``, with its style and script inside.

    The same context gives the same bytes. Raises jinja2.UndefinedError if the context lacks a name.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            signs=SIGNS,
            max_rows=MAX_ROWS,
            style=Markup(_asset("report.css")),  # noqa: S704  # our own file
            script=Markup(_asset("report.js")),  # noqa: S704  # our own file
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("slo.reports", "assets"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["clean"] = cleaned
    environment.filters["sentence"] = partial(cleaned, max_length=MAX_SENTENCE)
    # SVG that we have drawn ourselves.
    environment.filters["trusted"] = Markup
    return environment


def _asset(name: str) -> str:
    return resources.files("slo.reports").joinpath("assets", name).read_text(encoding="utf-8")
