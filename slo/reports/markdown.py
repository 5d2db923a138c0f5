"""The verdict as Markdown, for pull requests and step summaries: short enough for both, whatever the run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from slo.analysis.finding import Finding
from slo.record.run import Run
from slo.reports import rows
from slo.text.clean import one_line
from slo.tracing import trace_link
from slo.verdict.result import RANK, Result
from slo.verdict.verdict import Verdict

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#@!&])")
_NOT_IN_A_MARKER = re.compile(r"[^A-Za-z0-9._]+")
MAX_LENGTH = 200
"""Longest cell, in characters."""
MAX_BYTES = 65_000
"""Longest report in bytes: a comment on GitHub holds 65,536 characters."""
MIN_BYTES = 16_000
"""What a limit must leave room for: the sentences that are never cut."""
_LEFT_OUT_BYTES = 80
"""Room for the line that says what was left out."""


@dataclass(frozen=True)
class _Section:
    """A heading and its lines; what does not fit is left out by whole rows, the highest ``ranks`` last."""

    head: tuple[str, ...]
    rows: list[str]
    ranks: list[int]
    of: str

    def fitted(self, budget: int) -> str:
        """Return the section in at most ``budget`` bytes, with what was left out, or nothing when that is too few."""
        budget -= _size("\n".join(self.head)) + _LEFT_OUT_BYTES + 2
        if not self.rows or budget < 0:
            return ""
        chosen: set[int] = set()
        for index in sorted(range(len(self.rows)), key=lambda index: (-self.ranks[index], index)):
            budget -= _size(self.rows[index]) + 1
            if budget < 0:
                break
            chosen.add(index)
        lines = [*self.head, *(self.rows[index] for index in sorted(chosen))]
        missing = len(self.rows) - len(chosen)
        lines += ["", f"{missing} of {len(self.rows)} {self.of} left out here."] if missing else []
        return "\n".join(["", *lines])


def render(run: Run, verdict: Verdict, limit: int = MAX_BYTES) -> str:
    """Return the report as GitHub-flavoured Markdown in at most ``limit`` bytes, which is at least ``MIN_BYTES``.

    Its first line is a hidden marker by which the next run finds its comment.
    """
    scaled = " ".join(line for line in (rows.scale_sentence(run), rows.arrivals_sentence(run)) if line)
    top = [marker(verdict), "", f"# {escape(rows.sentence(verdict))}", "", escape(rows.headline(verdict))]
    top += ["", escape(scaled)] if scaled else []
    bottom = ["", f"Run {escape(verdict.run_id)}, started {escape(run.started_at)}, judged by {_source(verdict)}.", ""]
    left = limit - _size("\n".join(top)) - _size("\n".join(bottom)) - 2
    parts = []
    for section in _sections(run, verdict):
        # Half of what is left for each: a section with a thousand rows leaves room for those behind it.
        text = section.fitted(left // 2)
        left -= _size(text) + 1
        parts += [text] if text else []
    return "\n".join([*top, *parts, *bottom])


def marker(verdict: Verdict) -> str:
    """Return the hidden line by which a comment about this scenario is found again."""
    name = verdict.scenario or "run"
    safe = _NOT_IN_A_MARKER.sub("-", name)[:60].strip("-")
    if safe != name:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        safe = f"{safe}-{digest}" if safe else digest
    return f"<!-- locust-slo:{safe} -->"


def escape(text: str, longest: int = MAX_LENGTH) -> str:
    """Return ``text`` so that Markdown shows it literally, on one line, at most ``longest`` characters."""
    text = one_line(text)
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return _SPECIAL.sub(r"\\\1", text)


def _sections(run: Run, verdict: Verdict) -> list[_Section]:
    badness = [RANK.index(result.status) for result in verdict.results]
    objectives = [rows.objective(result) for result in verdict.results]
    reasons = [result for result in verdict.results if result.status != "PASS"]
    endpoints = rows.endpoints(run)
    of_all = [int(index == len(endpoints) - 1) for index in range(len(endpoints))]
    return [
        _Section(
            ("## Findings", ""), [_finding(one) for one in verdict.findings], [0] * len(verdict.findings), "findings"
        ),
        _table("Steps", rows.TRIAL_HEAD, rows.trials(verdict), None, "steps"),
        _table("Objectives", rows.OBJECTIVE_HEAD, objectives, badness, "objectives"),
        _Section((), [_reason(r) for r in reasons], [RANK.index(r.status) for r in reasons], "reasons"),
        _table("Endpoints", rows.ENDPOINT_HEAD, endpoints, of_all, "endpoints"),
        _table("Checks", ("check", "passed", "failed", "pass rate"), rows.checks(run), None, "checks"),
        _table("Failures", ("endpoint", "failure", "count"), rows.failures(run)[:50], None, "kinds of failure"),
        _slowest(run),
        _table("Workers", rows.WORKER_HEAD, rows.workers(run), None, "workers"),
        _Section(("## Notes", ""), [f"- {escape(note)}" for note in verdict.notes], [0] * len(verdict.notes), "notes"),
    ]


def _finding(one: Finding) -> str:
    lines = [f"- **{escape(one.name)}**: {escape(one.answer, 600)}"]
    return "\n".join([*lines, *(f"  - {escape(detail, 400)}" for detail in one.details)])


def _reason(result: Result) -> str:
    lines = [f"- **{result.status}** {escape(result.objective.name)}: {escape(result.reason)}"]
    return "\n".join([*lines, *(f"  - {escape(advice)}" for advice in result.advice)])


def _slowest(run: Run) -> _Section:
    """Return the table of the slowest requests; their traces are links if there is a trace URL."""
    section = _table("Slowest requests", rows.SLOW_HEAD, rows.slowest(run), None, "slow requests")
    for number, (*_, trace_id) in enumerate(rows.slowest(run)):
        url = trace_link.link(run.options.get("trace_url"), trace_id)
        if url is not None:
            section.rows[number] = f"{section.rows[number].removesuffix(f'{trace_id} |')}[{trace_id}](<{url}>) |"
    return section


def _source(verdict: Verdict) -> str:
    return f"{escape(verdict.objectives_source)} (sha256 {verdict.objectives_sha256[:12]})"


def _table(
    title: str, head: Sequence[str], body: Sequence[Sequence[str]], ranks: list[int] | None, of: str
) -> _Section:
    lines = ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in body]
    above = (f"## {title}", "", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head))
    return _Section(above, lines, ranks or [0] * len(lines), of)


def _size(text: str) -> int:
    return len(text.encode())
