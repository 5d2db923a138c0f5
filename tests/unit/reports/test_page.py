"""Pages of HTML escape every text."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from slo.reports import page
from slo.reports.page import MAX_ROWS, Column, Table


def test_only_numbers_are_sorted_by_value() -> None:
    assert (Column("p95").numeric, Column("p95").kind) == (True, "number")
    assert (Column("endpoint").numeric, Column("endpoint").kind) == (False, "text")
    assert Column("status").kind == "number"


def test_a_table_shows_so_many_rows_and_counts_the_rest() -> None:
    table = Table.of_texts("t", ("endpoint", "p95"), [(str(n), "1 ms") for n in range(MAX_ROWS + 5)])
    assert (len(table.shown), table.hidden) == (MAX_ROWS, 5)
    assert table.shown[0][1] is None


def test_a_row_has_its_status() -> None:
    table = Table("t", ("objective",), [[page.Cell("a")], [page.Cell("b")]], statuses=["PASS", "FAIL"])
    assert [status for _, status in table.shown] == ["PASS", "FAIL"]


def test_a_cell_belongs_to_its_column() -> None:
    table = Table.of_texts("t", ("endpoint", "p95", "max"), [("home", "1 ms", "2 ms")])
    pairs = [(column.title, cell.text) for column, cell in table.pairs(table.rows[0])]
    assert pairs == [("p95", "1 ms"), ("max", "2 ms")]


def trend(**changes: object) -> str:
    context: dict[str, object] = {
        "title": "<b>", "count": 1, "scenario": "load", "sentence": "no change point", "pictures": [],
        "runs": Table.of_texts("runs", ("run",), [("<script>alert(1)</script>",)]),
    }  # fmt: skip
    return page.render("trend.html.j2", **{**context, **changes})


def test_texts_are_escaped() -> None:
    text = trend()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert trend() == text


def test_a_name_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        page.render("trend.html.j2", title="x")
