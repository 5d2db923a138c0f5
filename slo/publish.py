"""From a finished run to files: the record first, then the verdict and the reports."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from slo import atomic, baseline, verdict
from slo.baseline import BaselineError, Reference
from slo.judge import NO_BASELINE, judge
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
    outcome = judge(run, objectives, references_for(run, objectives))
    verdict.write(outcome, folder)
    atomic.write(folder / MARKDOWN, markdown.render(run, outcome))
    return outcome


def references_for(run: Run, objectives: Objectives) -> Sequence[Reference] | str:
    """Return the reference runs that ``run`` is compared with, or the sentence that says why there are none."""
    if objectives.baselines is None or run.scenario is None:
        return NO_BASELINE
    try:
        return baseline.read(baseline.path_of(run, objectives.baselines)) or NO_BASELINE
    except BaselineError as error:
        return str(error)


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
