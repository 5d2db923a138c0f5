"""The verdict for a terminal: plain text, with colour on request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slo.record.run import Run
from slo.reports import rows
from slo.text.clean import for_terminal
from slo.verdict.result import Status
from slo.verdict.verdict import Verdict

_COLOURS: dict[Status, str] = {
    "PASS": "32",
    "WARNING": "33",
    "FAIL": "31",
    "CRITICAL": "1;31",
    "NO DATA": "35",
    "SKIPPED": "2",
}


def render(run: Run, verdict: Verdict, colour: bool = False) -> str:
    """Return the report as lines of text; ``colour`` adds ANSI colours to the statuses."""
    parts = [rows.headline(verdict)]
    parts += [line for line in (rows.scale_sentence(run), rows.arrivals_sentence(run)) if line]
    parts += [""] if verdict.findings else []
    for finding in verdict.findings:
        parts.append(for_terminal(rows.finding(finding), 600))
        parts += [f"  - {for_terminal(detail)}" for detail in finding.details]
    trials = rows.trials(verdict)
    if trials:
        parts += ["", table(rows.TRIAL_HEAD, trials)]
    parts += ["", table(rows.OBJECTIVE_HEAD, [rows.objective(result) for result in verdict.results]), ""]
    endpoints = rows.endpoints(run)
    if endpoints:
        parts += [table(rows.ENDPOINT_HEAD, endpoints), ""]
    failures = rows.failures(run)
    if failures:
        parts += [table(("endpoint", "failure", "count"), failures[:10]), ""]
    workers = rows.workers(run)
    if workers:
        parts += [table(rows.WORKER_HEAD, workers), ""]
    for result in verdict.results:
        if result.status not in ("PASS", "SKIPPED"):
            parts.append(f"{result.status} {for_terminal(result.objective.name)}: {for_terminal(result.reason)}")
            parts += [f"  - {for_terminal(advice)}" for advice in result.advice]
    parts += [f"note: {for_terminal(note)}" for note in verdict.notes]
    parts.append(_compliance(verdict))
    why = ": --fail-on warning" if verdict.status == "WARNING" and verdict.exit_code else ""
    parts.append(f"{for_terminal(rows.sentence(verdict))} (exit code {verdict.exit_code}{why})")
    text = "\n".join(parts)
    return _coloured(text) if colour else text


def _compliance(verdict: Verdict) -> str:
    judged = verdict.judged
    met = sum(result.status in ("PASS", "WARNING") for result in judged)
    skipped = sum(result.status == "SKIPPED" for result in verdict.results)
    blind = sum(result.status == "NO DATA" for result in verdict.results)
    return f"objectives met: {met} of {len(judged)} judged ({blind} without data, {skipped} skipped)"


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a table as aligned lines, the first column to the left."""
    cells = [list(head), *([for_terminal(cell) for cell in row] for row in body)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        padded = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _coloured(text: str) -> str:
    pattern = re.compile(r"\b(PASS|WARNING|FAIL|CRITICAL|NO DATA|SKIPPED)\b")

    def paint(match: re.Match[str]) -> str:
        status: Status = match.group(1)  # type: ignore[assignment]  # the pattern lists the statuses
        return f"\x1b[{_COLOURS[status]}m{status}\x1b[0m"

    return pattern.sub(paint, text)
