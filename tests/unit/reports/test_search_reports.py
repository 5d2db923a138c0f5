"""A search for the limit, as the reports show it."""

from __future__ import annotations

from slo.reports import console, html, junit, markdown
from slo.verdict.judge import judge
from tests.support.made import demanding
from tests.support.searched import FOUND, QUICK, searched


def test_every_report_shows_the_steps() -> None:
    run = searched(FOUND)
    outcome = judge(run, demanding(QUICK))
    text = console.render(run, outcome)
    assert "limit: sustains 18 users" in text
    rows = [row.split() for row in text.splitlines() if row.startswith(("1 ", "7 "))]
    assert rows[0][:2] == ["1", "8"]
    assert rows[1][:2] == ["7", "19"]
    assert rows[1][-4:] == ["failed", "quick,", "mostly", "a"]
    assert "| 7 | 19 | 37 s | 5 s | 190 rps | 260 ms |" in markdown.render(run, outcome)
    page = html.render(run, outcome)
    assert 'id="steps-head"' in page
    assert page.count("<bdi>held</bdi>") == 4
    assert "skipped" in junit.render(run, outcome)
