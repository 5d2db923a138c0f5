"""Texts that APIs, users and programs make are recorded and reported, in one process and by workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cluster import own_port
from tests.support.processes import ROOT, Demo, locust

OBJECTIVES = "version: 1\nobjectives:\n  - {indicator: errors.ratio, target: 5 %}\n"
EXPECTED = {
    "7": "bad 7",
    "b'bytes'": "bad b'bytes'",
    "Page.HOME": "bad Page.HOME",
    "half \ufffd an emoji": "bad half \ufffd an emoji",
    "\ufffd[31mred\ufffd[0m": "bad \ufffd[31mred\ufffd[0m",
    "a\ufffd::error::b": "bad a ::error::b",
    "b\u00fasqueda": "bad b\u00fasqueda",
}


@pytest.mark.parametrize(
    "processes", [(), pytest.param(("--processes", 2), marks=pytest.mark.slow)], ids=["one process", "workers"]
)
def test_every_text_is_recorded_once_and_shown_without_harm(
    processes: tuple[object, ...], demo: Demo, tmp_path: Path
) -> None:
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["-f", ROOT / "tests" / "locustfiles" / "odd_texts.py", "-H", demo.url, "-u", 2, "-r", 2, "-t", "3s"]
    words += [*processes, *(own_port() if processes else ()), "--objectives", tmp_path / "o.yaml"]
    done = locust(tmp_path / "reports", *words, "--report-formats", "html,markdown,junit")
    assert done.reached("FAIL"), done.out + done.err
    run = done.run
    assert {name: list(run.tally(name.__eq__).failures) for name in run.endpoints} == {
        name: [kind] for name, kind in EXPECTED.items()
    }
    assert {check for name in run.endpoints for check in run.tally(name.__eq__).checks} == set(EXPECTED)
    assert list(run.code.exceptions) == ["ValueError: half \ufffd an emoji"]
    # Locust itself logs the exceptions of tasks, in its own words.
    assert "\x1b[31m" not in done.out + done.err
    assert "\n::error::" not in done.out + done.err
    for report in ("run.json", "report.md", "report.html", "junit.xml"):
        text = (done.folder / report).read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert report == "junit.xml" or "squeda" in text, report


def test_a_console_without_the_letters_shows_them_as_escapes(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["-f", ROOT / "tests" / "locustfiles" / "odd_texts.py", "-H", demo.url, "-u", 1, "-t", "2s"]
    words += ["--objectives", tmp_path / "o.yaml", "--report-formats", "html,markdown,junit", "--json"]
    done = locust(tmp_path / "reports", *words, env={"PYTHONIOENCODING": "ascii"})
    assert done.reached("FAIL"), done.out + done.err
    assert "b\\xfasqueda" in done.err
    assert sorted(path.name for path in done.folder.iterdir()) == sorted(
        ["junit.xml", "objectives.yaml", "report.html", "report.md", "run.json", "verdict.json"]
    )
    # With --json the standard output is Locust's JSON alone.
    assert {entry["name"] for entry in json.loads(done.out)} >= {"7", "Page.HOME"}
