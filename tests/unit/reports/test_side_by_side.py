"""Pages on more than one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from slo.reports.side_by_side import write_compare, write_trend
from slo.verdict.saved_runs import side_by_side
from tests.support.made import requests
from tests.support.steady import steady


def test_two_runs_have_a_sentence_a_table_and_two_charts(tmp_path: Path) -> None:
    before, after = replace(steady(1), id="before"), replace(steady(2, 1.5), id="after<b>")
    write_compare(tmp_path / "c.html", before, after, side_by_side(before, after))
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "indicators got worse, from A to B" in text
    assert text.count("<svg") == 2
    assert "after<b>" not in text


def test_runs_without_requests_have_no_charts(tmp_path: Path) -> None:
    run = requests(0)
    write_compare(tmp_path / "c.html", run, run, [])
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "no indicator got worse" in text
    assert "<svg" not in text


def test_a_trend_marks_where_a_new_level_begins(tmp_path: Path) -> None:
    runs = [replace(requests(1), id=f"run-{number}") for number in range(4)]
    columns = {"latency.p95": [100.0, 101.0, None, 150.0]}
    write_trend(tmp_path / "t.html", runs, columns, {"latency.p95": [3]})
    text = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "latency.p95 changed with run-3" in text
    assert "150 ms *" in text
    assert "new levels begin at run 4" in text
