"""``locust-slo compare``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from slo.record import run as record
from tests.support.cli import say
from tests.support.steady import steady


def test_two_runs_side_by_side(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = say(capsys, "compare", shelf / "run-00", shelf / "run-11")
    row = next(line for line in said.splitlines() if line.startswith("all") and "latency.p95" in line)
    assert row.endswith("worse")
    assert "latency.p95 of all: " in said
    assert "checks.ratio" not in said  # no check was made
    same = say(capsys, "compare", shelf / "run-00", shelf / "run-01")
    assert all(line.endswith("no change") for line in same.splitlines() if line.startswith(("all", "page_0")))
    assert "compared with itself" in say(capsys, "compare", shelf / "run-00", shelf / "run-00", code=3)


def test_pages_of_many_runs_are_whole_and_harmless(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    hostile = replace(steady(1, 1.5, seconds=20), id="<img src=x onerror=alert(1)>", started_at="2026-02-01T00:00:00Z")
    record.write(hostile, shelf / "run-12")
    for words in (("compare", shelf / "run-00", shelf / "run-12"), ("trend", shelf)):
        assert str(page) in say(capsys, *words, "--html", page)
        text = page.read_text(encoding="utf-8")
        tree = html.fromstring(text)
        assert not tree.xpath("//img | //@onerror")
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert len(tree.xpath("//svg[@role='img']")) >= 2
        assert not [link for link in tree.xpath("//@src | //@href") if not str(link).startswith(("#", "data:"))]
    assert "latency.p95 changed with run-07" in text
