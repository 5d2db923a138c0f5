"""From a finished run to files: the record first, then the verdict and the reports."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from slo import atomic, verdict
from slo.judge import judge
from slo.objectives import Objectives
from slo.reports import markdown
from slo.run import Run
from slo.verdict import Verdict

LATEST = "latest"
MARKDOWN = "report.md"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def new_folder(reports: Path, name: str) -> Path:
    """Make and return ``reports/<name>-<UTC time>``, with a number behind it if that exists; OSError."""
    safe = _UNSAFE.sub("-", name).strip("-.") or "run"
    stem = f"{safe}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for number in range(1, 1000):
        folder = reports / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise OSError(f"{reports}: a thousand runs named {stem} in one second")


def publish(run: Run, objectives: Objectives, folder: Path) -> Verdict:
    """Judge ``run`` and write ``verdict.json`` and ``report.md`` into its folder; raises OSError."""
    outcome = judge(run, objectives)
    verdict.write(outcome, folder)
    atomic.write(folder / MARKDOWN, markdown.render(run, outcome))
    return outcome


def point_latest(folder: Path) -> None:
    """Let ``reports/latest`` lead to ``folder``: a link, or a file with its name where there are no links."""
    latest = folder.parent / LATEST
    temporary = folder.parent / f".{LATEST}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(folder.name)
        temporary.replace(latest)
    except OSError:
        temporary.unlink(missing_ok=True)
        atomic.write(folder.parent / f"{LATEST}.txt", folder.name + "\n")
