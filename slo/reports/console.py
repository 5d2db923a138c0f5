"""The verdict for a terminal: plain text, with colour only where asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slo.record.run import Run
from slo.reports import rows
from slo.text.clean import UNSEEN
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
_COMMAND = re.compile(r"^\s*::|##\[")


def render(run: Run, verdict: Verdict, colour: bool = False) -> str:
    """Return the report as lines of text; ``colour`` adds ANSI colours to the statuses."""
    parts = [rows.headline(verdict)]
    parts += [line for line in (rows.scaled(run), rows.arrived(run)) if line]
    parts += [""] if verdict.findings else []
    for finding in verdict.findings:
        parts.append(plain(rows.finding(finding), 600))
        parts += [f"  - {plain(detail)}" for detail in finding.details]
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
            parts.append(f"{result.status} {plain(result.objective.name)}: {plain(result.reason)}")
            parts += [f"  - {plain(advice)}" for advice in result.advice]
    parts += [f"note: {plain(note)}" for note in verdict.notes]
    parts.append(_compliance(verdict))
    why = ": --fail-on warning" if verdict.status == "WARNING" and verdict.exit_code else ""
    parts.append(f"{plain(rows.sentence(verdict))} (exit code {verdict.exit_code}{why})")
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
    cells = [list(head), *([plain(cell) for cell in row] for row in body)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        padded = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def plain(text: str, longest: int = 300) -> str:
    """Return a name as a terminal and a CI's log can bear it, on one line, at most ``longest`` characters.

    Names come from other people's locustfiles and servers: no control character reaches the terminal, and nothing
    that GitHub's runner takes for a command at the begin of a line (``::``) or within it (``##[``).
    """
    text = _COMMAND.sub(lambda found: " ".join(found[0]), UNSEEN.sub("?", text))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _coloured(text: str) -> str:
    pattern = re.compile(r"\b(PASS|WARNING|FAIL|CRITICAL|NO DATA|SKIPPED)\b")

    def paint(match: re.Match[str]) -> str:
        status: Status = match.group(1)  # type: ignore[assignment]  # the pattern lists the statuses
        return f"\x1b[{_COLOURS[status]}m{status}\x1b[0m"

    return pattern.sub(paint, text)
