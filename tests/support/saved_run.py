"""A saved run of its own objectives, and the report command in this process."""

from __future__ import annotations

from pathlib import Path

from slo.cli import main
from slo.record import run as runs
from slo.record.run import Run

TEXTS = "markdown,junit,json,csv,hlog"


LIMIT = "version: 1\nobjectives:\n  - {{name: mine, indicator: latency.p95, target: {target}, warning: {warning}}}\n"


def save(folder: Path, run: Run) -> Path:
    runs.write(run, folder)
    return folder


def report(*words: object) -> int:
    return main.main(["report", *map(str, words)])
