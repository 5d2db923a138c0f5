"""The runs that this process finished: their records, verdicts and reports on disk, and what is shown of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from slo.live import snapshot
from slo.objectives.objectives import Objectives
from slo.record import run as records
from slo.record.run import Run
from slo.reports import console, writer
from slo.verdict.verdict import Verdict

Finished = tuple[Run, Verdict | None]
"""A run that ended, and its verdict; None where it was not judged."""


class RunStore:
    """Writes each run into a new folder under ``folder``; ``formats`` are the reports of a judged run."""

    def __init__(self, folder: Path, formats: Sequence[str] = ()) -> None:
        self.entries: list[dict[str, Any]] = []
        """The finished runs as the web page lists them, the newest first."""
        self.last: Finished | None = None
        self._folder = folder
        self._formats = formats
        self._pending: list[tuple[Run, Verdict, Objectives, Path, dict[str, Any]]] = []
        self._printed = False
        self._problem = ""

    def begin(self, name: str) -> Path:
        """Make and return the folder of a new run; raises OSError."""
        self.last, self._printed, self._problem = None, False, ""
        folder = writer.new_folder(self._folder, name)
        # Now, not when the run has ended: until then, or after a crash, the last verdict is not that of this run.
        writer.point_latest(folder)
        return folder

    def save(
        self,
        run: Run,
        objectives: Objectives | None,
        folder: Path,
        written: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Write the record before anything else can fail, then judge the run and write the quick reports.

        ``written`` is called when the record is on disk, ``failed`` with an error in any of this: the run then has no
        verdict.
        """
        verdict = None
        try:
            records.write(run, folder)
            written()
            if objectives is not None:
                verdict = writer.publish(run, objectives, folder)
        except Exception as error:  # noqa: BLE001  # an error in judging must not lose the record, nor pass
            self._problem = describe_error(error)
            failed(error)
        if verdict is not None and objectives is not None:
            self._report(run, verdict, objectives, folder, separate=False)
        entry = snapshot.entry(run, verdict, folder, self._problem)
        self.last = (run, verdict)
        self.entries.insert(0, entry)
        if verdict is not None and objectives is not None:
            writer.write_github_output(run, verdict)
            self._pending.append((run, verdict, objectives, folder, entry))

    def finish_reports(self) -> None:
        """Write the reports that take seconds; the next run may start meanwhile."""
        while self._pending:
            run, verdict, objectives, folder, entry = self._pending.pop(0)
            self._report(run, verdict, objectives, folder, separate=True)
            entry.update(snapshot.entry(run, verdict, folder))

    def console_text(self, colour: bool) -> str:
        """Return the last run's report for the console, once; later calls return an empty text."""
        if self.last is None or self._printed:
            return ""
        self._printed = True
        run, verdict = self.last
        where = _where(self._folder / run.id)
        if verdict is None and self._problem:
            return f"\nno verdict: {self._problem}; {where}"
        if verdict is None:
            return f"\nrecorded without objectives (give --objectives FILE for a verdict); {where}"
        return f"\n{console.render(run, verdict, colour)}\n{where}"

    def folder_of(self, run_id: str) -> Path | None:
        """Return the folder of a run that this process finished, or None."""
        return self._folder / run_id if any(entry["id"] == run_id for entry in self.entries) else None

    def _report(self, run: Run, verdict: Verdict, objectives: Objectives, folder: Path, separate: bool) -> None:
        names = [name for name in self._formats if writer.FORMATS[name].separate == separate]
        writer.report(run, verdict, objectives, folder, names)


def describe_error(error: Exception) -> str:
    """Return an error as a sentence: that of a disk names the file."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} could not be written: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def _where(folder: Path) -> str:
    """Return where the record is; what is there of a run whose record could not be written."""
    if (folder / records.FILE_NAME).exists():
        return f"record: {folder}"
    names = ", ".join(sorted(path.name for path in folder.glob("*"))) or "nothing"
    return f"there is no record, {folder} holds {names}"
