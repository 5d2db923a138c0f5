"""A saved run of its own objectives, and the report command in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

from slo.cli import main
from slo.record import run as runs
from slo.record.run import Run
from tests.support.made import requests
from tests.support.processes import ROOT

TEXTS = "markdown,junit,json,csv,hlog"
LIMIT = "version: 1\nobjectives:\n  - {{name: mine, indicator: latency.p95, target: {target}, warning: {warning}}}\n"


def save(folder: Path, run: Run) -> Path:
    runs.write(run, folder)
    return folder


def save_with_objectives(reports: Path) -> Path:
    """Save a run of 400 requests with the hotel's objectives as its own."""
    folder = save(reports / "load-1", requests(400))
    shutil.copy(ROOT / "slo" / "hotel.yaml", folder / "objectives.yaml")
    return folder


def write_limit(folder: Path) -> Path:
    """Write objectives that such a run meets with a warning."""
    path = folder / "mine.yaml"
    path.write_text(LIMIT.format(target="900 ms", warning="50 ms"), encoding="utf-8")
    return path


def report(*words: object) -> int:
    return main.main(["report", *map(str, words)])
