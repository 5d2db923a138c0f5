"""The verdict as Markdown, for pull requests and step summaries."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slo.reports import rows
from slo.run import Run
from slo.verdict import Verdict

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#@!&])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
LONGEST = 200
"""Longest cell, in characters."""


def render(run: Run, verdict: Verdict) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    parts = [f"# {escape(rows.sentence(verdict))}", "", escape(rows.headline(verdict)), ""]
    scaled = rows.scaled(run)
    parts += [scaled, ""] if scaled else []
    parts += ["## Objectives", "", _table(rows.OBJECTIVE_HEAD, [rows.objective(r) for r in verdict.results])]
    parts += _reasons(verdict)
    endpoints = rows.endpoints(run)
    if endpoints:
        parts += ["", "## Endpoints", "", _table(rows.ENDPOINT_HEAD, endpoints)]
    checks = rows.checks(run)
    if checks:
        parts += ["", "## Checks", "", _table(("check", "passed", "failed", "pass rate"), checks)]
    failures = rows.failures(run)
    if failures:
        parts += ["", "## Failures", "", _table(("endpoint", "failure", "count"), failures[:50])]
    workers = rows.workers(run)
    if workers:
        parts += ["", "## Workers", "", _table(rows.WORKER_HEAD, workers)]
    parts += _notes(verdict)
    parts += ["", f"Run `{verdict.run_id}`, started {run.started_at}, judged by {_source(verdict)}.", ""]
    return "\n".join(parts)


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it literally, on one line, at most ``LONGEST`` characters."""
    text = _CONTROL.sub(" ", text)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return _SPECIAL.sub(r"\\\1", text)


def _reasons(verdict: Verdict) -> list[str]:
    lines = []
    for result in verdict.results:
        if result.status == "PASS":
            continue
        lines.append(f"- **{result.status}** {escape(result.objective.name)}: {escape(result.reason)}")
        lines += [f"  - {escape(advice)}" for advice in result.advice]
    return ["", *lines] if lines else []


def _notes(verdict: Verdict) -> list[str]:
    return ["", "## Notes", "", *(f"- {escape(note)}" for note in verdict.notes)] if verdict.notes else []


def _source(verdict: Verdict) -> str:
    return f"{escape(verdict.objectives_source)} (sha256 {verdict.objectives_sha256[:12]})"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in body]
    return "\n".join(lines)
