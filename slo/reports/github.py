"""The verdict for GitHub Actions: annotations at the lines of the objectives file, and the step's summary."""

# No `from __future__ import annotations` here: it would take the name of the function.
from pathlib import PurePath

from slo.record.run import Run
from slo.reports import markdown
from slo.text.clean import one_line
from slo.verdict.result import Result
from slo.verdict.verdict import Verdict

MAX_ANNOTATIONS = 10
"""Errors, and warnings, that GitHub shows of one step."""
SUMMARY_BYTES = 1024 * 1024
"""Largest summary of one step; GitHub drops a larger one as a whole."""


def annotations(run: Run, verdict: Verdict, workspace: str = "") -> list[str]:
    """Return workflow commands: errors for what was missed or not measured, warnings for warnings, the worst first.

    Paths below ``workspace``, where the repository is checked out, are relative to it, as GitHub expects them.
    """
    errors = [
        _annotation(r, "error", verdict, workspace)
        for r in verdict.by_severity
        if r.status in ("CRITICAL", "FAIL", "NO DATA")
    ]
    if verdict.status == "NO DATA":
        errors.insert(0, _command("error", {"title": _truncated("NO DATA: no verdict")}, verdict.reason))
    warnings = [_annotation(r, "warning", verdict, workspace) for r in verdict.by_severity if r.status == "WARNING"]
    return [*_capped(errors, "error"), *_capped(warnings, "warning")]


def summary(run: Run, verdict: Verdict, used_bytes: int = 0) -> str:
    """Return the Markdown to append to a summary of ``used_bytes``; nothing where GitHub would then drop it all."""
    room = SUMMARY_BYTES - used_bytes - 1
    if room < markdown.MIN_BYTES:
        return ""
    return markdown.render(run, verdict, min(markdown.MAX_BYTES, room))


def _capped(commands: list[str], kind: str) -> list[str]:
    if len(commands) <= MAX_ANNOTATIONS:
        return commands
    more = len(commands) - (MAX_ANNOTATIONS - 1)
    return [
        *commands[: MAX_ANNOTATIONS - 1],
        _command(kind, {"title": "and more"}, f"{more} more like these: see the report"),
    ]


def _annotation(result: Result, kind: str, verdict: Verdict, workspace: str) -> str:
    properties = {"title": _truncated(f"{result.status}: {result.objective.name}")}
    if result.objective.line:
        properties["file"] = _path(verdict.objectives_source, workspace)
        properties["line"] = str(result.objective.line)
    return _command(kind, properties, "\n".join((result.reason, *result.advice)))


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    lines = [_truncated(line) for line in message.split("\n")]
    words = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {words}::{_data(chr(10).join(lines))}"


def _path(source: str, workspace: str) -> str:
    path = PurePath(source)
    inside = workspace and path.is_relative_to(workspace)
    return _truncated(path.relative_to(workspace).as_posix() if inside else source)


def _truncated(text: str, longest: int = 300) -> str:
    text = one_line(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
