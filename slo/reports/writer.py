"""From a finished run to files: the record first, then the verdict and the reports."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slo.baseline import store
from slo.baseline.store import BaselineError
from slo.objectives import document
from slo.objectives.objectives import Objectives, ObjectivesError, parse
from slo.record.run import Run
from slo.reports import csv_files, github, hlog, junit, markdown
from slo.text import atomic, json_file
from slo.text.clean import file_name, for_terminal
from slo.verdict import verdict
from slo.verdict.judge import judge
from slo.verdict.policy import Policy
from slo.verdict.regression import NO_BASELINE, NoReferences, References
from slo.verdict.verdict import Verdict

LATEST = "latest"
OBJECTIVES = "objectives.yaml"
"""The objectives of a run are kept beside it: their file may change, or be on another machine."""
HTML = "report.html"
DEFAULT_FORMATS = "html,markdown,junit"
PROCESS_TIMEOUT_S = 120.0
"""How long a report that is made in a separate process may take."""

Make = Callable[[Run, Verdict, Objectives], Mapping[str, str]]


class ReportError(Exception):
    """A report that cannot be made; the message says which and why."""


@dataclass(frozen=True)
class Format:
    """A report format: its main file, and a function that returns file names and their contents.

    A ``separate`` one takes seconds and much memory: Locust's own process makes it in another process.
    """

    file: str
    make: Make
    separate: bool = False


def _one(file: str, render: Callable[[Run, Verdict], str]) -> Format:
    return Format(file, lambda run, outcome, _: {file: render(run, outcome)})


def _html(run: Run, outcome: Verdict, objectives: Objectives) -> Mapping[str, str]:
    try:
        html = importlib.import_module("slo.reports.html")
    except ImportError as error:
        raise ReportError(f"html: cannot be made here: {error}") from None
    found = references_for(run, objectives)
    compared = [] if isinstance(found, NoReferences) else [one for one in found if one.id in outcome.references]
    return {HTML: str(html.render(run, outcome, compared, objectives.groups))}


FORMATS: Mapping[str, Format] = {
    "html": Format(HTML, _html, separate=True),
    "markdown": _one("report.md", markdown.render),
    "junit": _one("junit.xml", junit.render),
    "json": _one(verdict.FILE_NAME, lambda _, outcome: verdict.to_json(outcome)),
    "csv": Format(csv_files.ENDPOINTS, lambda run, outcome, _: csv_files.files(run, outcome)),
    "hlog": Format("latency.hlog", lambda run, outcome, _: hlog.files(run, outcome)),
}


def formats(text: str) -> tuple[str, ...]:
    """Return the formats that ``text`` names, separated by commas, each once; raises ValueError with a sentence."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names and text:
        raise ValueError(f"'{text[:60]}' names no report format; allowed: {', '.join(FORMATS)}")
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise ValueError(f"'{unknown[0][:60]}' is not a report format; allowed: {', '.join(FORMATS)}")
    return names


def check_folder(reports: Path) -> None:
    """Make the folder of all runs if there is none; raises OSError if it cannot be one, or cannot be written."""
    reports.mkdir(parents=True, exist_ok=True)  # a link to nothing raises FileExistsError, as a file does
    if not os.access(reports, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(reports))


def new_folder(reports: Path, name: str) -> Path:
    """Make and return ``reports/<name>-<UTC time>``, with a number behind it if that exists; OSError."""
    check_folder(reports)
    stem = f"{file_name(name) or 'run'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for number in range(1, 1000):
        folder = reports / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise OSError(f"{reports}: a thousand runs named {stem} in one second")


def publish(run: Run, objectives: Objectives, folder: Path, policy: Policy | None = None) -> Verdict:
    """Judge ``run`` and write ``verdict.json`` into its folder, with the objectives; raises OSError.

    The verdict comes last: it is there only if all that it needs is.
    """
    outcome = judged(run, objectives, policy)
    atomic.write(folder / OBJECTIVES, objectives.text)
    verdict.write(outcome, folder)
    return outcome


def judged_by(run: Run, folder: Path) -> Objectives | None:
    """Return the objectives that the run in ``folder`` was judged by, as they were then; None without any.

    Raises ObjectivesError if the file is damaged.
    """
    if not (folder / OBJECTIVES).exists():
        return None
    try:
        text = document.read(folder / OBJECTIVES)
    except document.DocumentError as error:
        raise ObjectivesError(error.problems) from None
    try:
        source = json_file.read(folder / verdict.FILE_NAME)["objectives"]["source"]
    except (OSError, ValueError, KeyError, TypeError):
        source = run.options.get("objectives") or folder / OBJECTIVES
    return parse(text, str(source))


def judged(run: Run, objectives: Objectives, policy: Policy | None = None) -> Verdict:
    """Judge ``run``, compared with its scenario's reference runs; see ``slo.verdict.judge.judge``."""
    return judge(run, objectives, references_for(run, objectives), policy=policy)


def references_for(run: Run, objectives: Objectives) -> References:
    """Return the reference runs of the run's scenario or suite, or why there are none."""
    if objectives.baselines is None or not store.name_of(run):
        return NO_BASELINE
    try:
        return store.read(store.path_of(run, objectives.baselines)) or NO_BASELINE
    except BaselineError as error:
        return NoReferences(str(error), "NO DATA")


def write(name: str, run: Run, outcome: Verdict, objectives: Objectives, folder: Path) -> list[Path]:
    """Write the report of the format ``name`` into ``folder``; returns its files. Raises ReportError or OSError."""
    try:
        texts = FORMATS[name].make(run, outcome, objectives)
    except ValueError as error:
        raise ReportError(f"{name}: cannot be made of this run: {error}") from None
    paths = []
    for file, text in texts.items():
        atomic.write(folder / file, text)
        paths.append(folder / file)
    return paths


def report(run: Run, outcome: Verdict, objectives: Objectives, folder: Path, names: Iterable[str]) -> None:
    """Write the reports of a judged run; a failure is written to stderr and has no other effect."""
    for name in names:
        try:
            if FORMATS[name].separate:
                _write_in_process(name, run, outcome, objectives, folder)
            else:
                write(name, run, outcome, objectives, folder)
        except Exception as error:  # noqa: BLE001  # a report that fails does not change the verdict
            _write_error(f"{FORMATS[name].file} was not written: {error or type(error).__name__}")


def write_github_output(run: Run, outcome: Verdict, environ: Mapping[str, str] = os.environ) -> None:
    """Annotate the step on GitHub and add to its summary, if this process is one; a failure is only reported."""
    try:
        if environ.get("GITHUB_ACTIONS") == "true":
            for line in github.annotations(run, outcome, environ.get("GITHUB_WORKSPACE", "")):
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        if environ.get("GITHUB_STEP_SUMMARY"):
            path = Path(environ["GITHUB_STEP_SUMMARY"])
            text = github.summary(run, outcome, path.stat().st_size if path.exists() else 0)
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
    except Exception as error:  # noqa: BLE001  # as for a report
        _write_error(f"GitHub was no answer: {error or type(error).__name__}")


def _write_in_process(name: str, run: Run, outcome: Verdict, objectives: Objectives, folder: Path) -> None:
    """Make a report in a separate process: Locust's, patched by gevent, goes on meanwhile and needs no more memory.

    The process receives the verdict: nothing is judged twice.
    """
    work = pickle.dumps((name, folder, outcome, objectives))
    try:
        done = subprocess.run(  # our own program
            [sys.executable, "-m", "slo.reports.report_process"],
            input=work,
            capture_output=True,
            timeout=PROCESS_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReportError(f"it took longer than {PROCESS_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ReportError(lines[-1] if lines else f"exit code {done.returncode}")


def _write_error(sentence: str) -> None:
    sys.stderr.write(f"locust-slo: {for_terminal(sentence)}\n")


def forget_latest(reports: Path) -> None:
    """Remove ``reports/latest``: it points to an earlier run, whose verdict says nothing of a start that failed."""
    with contextlib.suppress(OSError):
        if (reports / LATEST).is_symlink():
            (reports / LATEST).unlink()
        (reports / f"{LATEST}.txt").unlink(missing_ok=True)


def point_latest(folder: Path) -> None:
    """Point ``reports/latest`` to ``folder``: a link, or a file with its name where links are not supported."""
    latest = folder.parent / LATEST
    temporary = folder.parent / f".{LATEST}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(folder.name)
        temporary.replace(latest)
    except OSError:
        temporary.unlink(missing_ok=True)
        atomic.write(folder.parent / f"{LATEST}.txt", folder.name + "\n")
