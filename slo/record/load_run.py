"""Reading a saved run by its path; a run whose process was killed is recovered from its journal."""

from __future__ import annotations

from pathlib import Path

from slo.record import journal, run
from slo.record.run import Run


def read(path: Path) -> tuple[Run, Path]:
    """Return a saved run and its folder; raises RunError."""
    folder = path if path.is_dir() else path.parent
    if not (folder / run.FILE_NAME).exists() and (folder / journal.FILE_NAME).exists():
        recovered = journal.recover(folder)
        run.write(recovered, folder)
        return recovered, folder
    return run.read(path), folder
