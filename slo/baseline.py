"""Reference runs: ``baselines/<scenario>.json`` keeps the last runs of a scenario as merged histograms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from slo import atomic, schemas
from slo.run import Run

VERSION = 1
KEEP = 5
"""Reference runs kept; adding one more drops the oldest."""


class BaselineError(Exception):
    """A baseline that cannot be read or a run that cannot become one; the text says why and what to do."""


def path_of(run: Run, folder: Path) -> Path:
    """Return the file that keeps the references of the run's scenario."""
    if run.scenario is None:
        raise BaselineError("the run has no scenario; a baseline is kept per scenario")
    return folder / f"{run.scenario}.json"


def read(path: Path) -> list[dict[str, Any]]:
    """Return the reference runs at ``path``, oldest first; none when there is no file yet.

    Raises BaselineError for a file that is damaged or of another version: it is never overwritten.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise BaselineError(f"{path}: cannot be read ({error}); restore it from git or delete it") from None
    wrong = next(Draft202012Validator(schemas.load("baseline")).iter_errors(data), None)
    if wrong is not None:
        raise BaselineError(
            f"{path}: is no baseline of version {VERSION} ({wrong.json_path}: {wrong.message[:120]}); "
            "restore it from git or delete it"
        )
    runs: list[dict[str, Any]] = data["runs"]
    return runs


def add(run: Run, folder: Path) -> Path:
    """Add ``run`` to its scenario's references, atomically; returns the file. Raises BaselineError."""
    path = path_of(run, folder)
    runs = read(path)
    if any(reference["id"] == run.id for reference in runs):
        raise BaselineError(f"{path}: holds {run.id} already")
    runs = [*runs, reference_of(run)][-KEEP:]
    data = {"schema": "locust-slo/baseline", "version": VERSION, "scenario": run.scenario, "runs": runs}
    atomic.write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return path


def reference_of(run: Run) -> dict[str, Any]:
    """Return what is kept of a run: its environment and each endpoint's counts over the whole run."""
    return {
        "id": run.id,
        "started_at": run.started_at,
        "duration_s": run.duration_s,
        "target": {"url": run.target.url, "embedded": run.target.embedded},
        "options": dict(run.options),
        "environment": dict(run.environment),
        "endpoints": {name: run.tally(name.__eq__).to_data() for name in run.endpoints},
    }
