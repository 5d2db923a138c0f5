"""The verdict as one HTML page that needs nothing else: no request, no script to be read, light, dark and on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from slo.analysis import diagnosis
from slo.analysis.offered import offered_load, unreached_stages
from slo.analysis.selection import select
from slo.baseline.store import Reference
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.reports import page, rows
from slo.reports.page import MAX_ROWS, MAX_SENTENCE, Cell, Parts, Table
from slo.reports.reproduce import command
from slo.text import redact
from slo.text.clean import cleaned
from slo.tracing import trace_link
from slo.verdict.result import RANK, Result
from slo.verdict.verdict import Verdict

_TRACE_ID = re.compile(r"\b[0-9a-f]{32}\b")
_STAGE_HEAD = (
    "stage",
    "from",
    "to",
    "load",
    "planned",
    "achieved",
    "requests",
    "throughput",
    "failed",
    "p50",
    "p95",
    "p99",
)


def render(
    run: Run,
    verdict: Verdict,
    references: Sequence[Reference] = (),
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> str:
    """Return the page; the same run and verdict give the same bytes.

    ``references`` are drawn beside the run; ``groups`` are the objectives' groups of endpoints, to find where a
    miss of one of them comes from.
    """
    # Matplotlib takes half a second to import: only this function needs it.
    from slo.reports import charts

    context = {
        **_head(run, verdict, groups or {}),
        **_verdict(run, verdict),
        **_counts(run),
        **_about(run, verdict, references),
        "pictures": charts.draw(run, verdict, references),
        "generator": _generator(run),
    }
    return page.render("report.html.j2", **context, contents=_contents(context))


def sentence(run: Run, verdict: Verdict, groups: Mapping[str, tuple[str, ...]]) -> str:
    """Return the verdict's reason, with the stage since which and the endpoint that mostly caused it."""
    for result in verdict.results:
        start = f"{result.objective.name}: {result.reason}"
        if result.status != verdict.status or not verdict.reason.startswith(start):
            continue
        where = _origin(run, result, groups)
        since = f", since '{cleaned(where.stage, 60)}'" if where.stage else ""
        mostly = f", mostly {cleaned(where.endpoint, 60)}" if where.endpoint else ""
        return f"{cleaned(result.objective.name, 80)}: {result.reason}{since}{mostly}{verdict.reason[len(start) :]}"
    return verdict.reason


def _origin(run: Run, result: Result, groups: Mapping[str, tuple[str, ...]]) -> diagnosis.Origin:
    scope = result.objective.scope
    if result.status not in ("WARNING", "FAIL", "CRITICAL") or any(group not in groups for group in scope.groups):
        return diagnosis.Origin()
    return diagnosis.origin(result.objective, select(run, scope, groups))


def _head(run: Run, verdict: Verdict, groups: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    lines = [rows.headline(verdict), rows.scale_sentence(run), rows.arrivals_sentence(run)]
    shown = " ".join(f"{cleaned(line.rstrip('.'), MAX_SENTENCE)}." for line in lines if line)
    met = f"{sum(r.status in ('PASS', 'WARNING') for r in verdict.judged)} of {len(verdict.judged)}"
    return {
        "title": f"{verdict.status}: {verdict.scenario or 'run'} {verdict.run_id}",
        "status": verdict.status,
        "sentence": sentence(run, verdict, groups),
        "summary": f"{shown} Started {cleaned(run.started_at, 40)}; exit code {verdict.exit_code}.",
        "facts": [("objectives met", met), *_facts(run)],
    }


def _facts(run: Run) -> list[tuple[str, str]]:
    tally = run.tally()
    facts = [("requests", show(tally.requests, "count"))]
    if run.duration_s > 0:
        facts.append(("throughput", show(Fraction(tally.requests) / Fraction(run.duration_s), "rps")))
    if tally.latency.total:
        facts += [(f"p{p} latency", show(Fraction(tally.latency.percentile(p), 1000), "ms")) for p in (50, 95, 99)]
    if tally.requests:
        facts.append(("failed", show(Fraction(tally.errors, tally.requests), "ratio")))
    if run.users:
        facts.append(("users, at most", f"{max(sample.achieved for sample in run.users):,}"))
    return facts


def _verdict(run: Run, verdict: Verdict) -> dict[str, Any]:
    """Return findings, objectives, advice on missed ones, and notes."""
    reasons = [
        {
            "status": result.status,
            "name": result.objective.name,
            "reason": result.reason,
            "advice": [_linked(run, cleaned(hint, MAX_SENTENCE)) for hint in result.advice],
        }
        for result in verdict.problems[:MAX_ROWS]
    ]
    objectives = [[_objective_cell(result, *pair) for pair in _pairs(result)] for result in verdict.results]
    return {
        "findings": verdict.findings,
        "steps": Table.of_texts("steps", rows.TRIAL_HEAD, rows.trials(verdict)),
        "objectives": Table(
            "objectives", rows.OBJECTIVE_HEAD, objectives, statuses=[result.status for result in verdict.results]
        ),
        "reasons": reasons,
        "notes": verdict.notes[:MAX_ROWS],
    }


def _pairs(result: Result) -> list[tuple[str, str]]:
    return list(zip(rows.OBJECTIVE_HEAD, rows.objective(result), strict=True))


def _objective_cell(result: Result, head: str, text: str) -> Cell:
    if head == "status":
        return Cell(text, str(RANK.index(result.status)), result.status)
    if head == "deviation" and result.value is not None and result.objective.target:
        share = min(max(float(result.value / result.objective.target), 0.0) * 50, 100.0)
        return Cell(text, text, share=share, gauge_status=result.status)
    return Cell(text)


def _linked(run: Run, text: str) -> Parts:
    """Return a text with the ids of the run's traces as links, where it is known to what."""
    ids = {one.trace_id for one in run.slowest}
    parts: list[tuple[str, str | None]] = []
    end = 0
    for found in _TRACE_ID.finditer(text):
        url = trace_link.link(run.options.get("trace_url"), found[0]) if found[0] in ids else None
        parts += [(text[end : found.start()], None), (found[0], url)]
        end = found.end()
    return tuple(part for part in (*parts, (text[end:], None)) if part[0])


def _counts(run: Run) -> dict[str, Any]:
    """Return the tables of what was counted: stages, endpoints, slowest requests, checks, failures."""
    endpoints = rows.endpoints(run)
    slowest = [
        [*(Cell(text) for text in cells[:-1]), Cell(cells[-1], parts=_linked(run, cleaned(cells[-1])))]
        for cells in rows.slowest(run)
    ]
    return {
        "stages": Table.of_texts("stages", _STAGE_HEAD, _stages(run)),
        "endpoints": Table.of_texts(
            "endpoints", rows.ENDPOINT_HEAD, endpoints[:-1], endpoints[-1] if endpoints else ()
        ),
        "slowest": Table("slowest", rows.SLOW_HEAD, slowest),
        "checks": Table.of_texts("checks", ("check", "passed", "failed", "pass rate"), rows.checks(run)),
        "failures": Table.of_texts("failures", ("endpoint", "failure", "count"), rows.failures(run)),
    }


def _stages(run: Run) -> list[tuple[str, ...]]:
    """Return the cells of every stage that began, in the order of ``_STAGE_HEAD``."""
    found: list[tuple[str, ...]] = []
    load = iter(offered_load(run))
    for stage, start_s, stop_s in run.spans():
        offered = next(load, None)
        tally = run.tally(stage=stage.name.__eq__)
        seconds = run.seconds(stage.name.__eq__)
        histogram = tally.latency
        shown = [show(Fraction(histogram.percentile(p), 1000), "ms") if histogram.total else "-" for p in (50, 95, 99)]
        rate = show(Fraction(tally.requests) / Fraction(seconds), "rps") if seconds else "-"
        failed = show(Fraction(tally.errors, tally.requests), "ratio") if tally.requests else "-"
        times = (f"{start_s:.0f} s", f"{stop_s:.0f} s")
        given = (f"{offered.planned or 0:,.0f} {offered.unit}", f"{offered.achieved:,.0f}") if offered else ("-", "-")
        found.append(
            (stage.name, *times, stage.describe(), *given, show(tally.requests, "count"), rate, failed, *shown)
        )
    return found


def _generator(run: Run) -> dict[str, Any]:
    """Return how the load generator itself was: its processor time, its users, its workers."""
    pairs: list[tuple[str, str]] = []
    for name, value in sorted((name, value) for name, value in run.generator.items() if name != "processes"):
        if name == "cpu_s" and isinstance(value, int | float) and run.duration_s > 0:
            share = show(Fraction(value) / Fraction(run.duration_s), "ratio")
            pairs.append(("processor time", f"{value:g} s, {share} of one core over the run"))
        else:
            pairs.append((name, _shown(value)))
    pairs += _users(run) if run.users else []
    unreached = unreached_stages(run)
    workers = Table.of_texts("workers", rows.WORKER_HEAD, rows.workers(run))
    processes = Table.of_texts("processes", rows.PROCESS_HEAD, rows.processes(run))
    complete = bool(run.plan and not run.plan.is_open and not unreached)
    return {
        "pairs": pairs,
        "complete": complete,
        "unreached": unreached,
        "workers": workers,
        "processes": processes,
        "empty": not (pairs or complete or unreached or workers.rows or processes.rows),
    }


def _users(run: Run) -> list[tuple[str, str]]:
    planned = [sample.planned for sample in run.users if sample.planned is not None]
    pairs = [("users planned, at most", f"{max(planned):g}")] if planned else []
    pairs += [("offered", f"{one.amounts()}: {one.requested.describe()}") for one in offered_load(run) if one.requested]
    pairs.append(("users achieved, at most", str(max(sample.achieved for sample in run.users))))
    behind = max(((s.planned or 0) - s.achieved, -s.at_ms) for s in run.users)
    if planned and behind[0] > 0:
        pairs.append(("furthest behind the plan", f"{behind[0]:.0f} users, {-behind[1] / 1000:.0f} s into the run"))
    return pairs


def _about(run: Run, verdict: Verdict, references: Sequence[Reference]) -> dict[str, Any]:
    ended = run.ended.how + (f": {run.ended.reason}" if run.ended.reason else "")
    source = f"{verdict.objectives_source} (sha256 {verdict.objectives_sha256[:12]})"
    about = [("run", run.id), ("started", run.started_at), ("duration", f"{run.duration_s:.1f} s"), ("ended", ended)]
    about += [("target", run.target.headline()), ("objectives", source)]
    about += [("baseline", f"{one.id}, started {one.started_at}") for one in references]
    commit = run.environment.get("commit")
    lines = [f"git checkout {cleaned(commit, 60)}"] if isinstance(commit, str) and commit.isalnum() else []
    lines.append(cleaned(command(run, verdict.objectives_source), 4000))
    return {
        "about": about,
        "environment": [(name, _shown(value)) for name, value in sorted(run.environment.items()) if value is not None],
        "options": [
            (name, _shown(value)) for name, value in sorted(run.options.items()) if not redact.is_secret_name(name)
        ],
        "reproduce": "\n".join(lines),
    }


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _contents(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the sections that the page has, as name and title."""
    links = (
        ("findings", "Findings", bool(context["findings"])),
        ("objectives", "Objectives", True),
        ("why", "Where to look", bool(context["reasons"])),
        ("pictures", "Pictures", True),
        ("stages", "Stages", len(context["stages"].rows) > 1),
        ("endpoints", "Endpoints", True),
        ("slowest", "Slowest requests", bool(context["slowest"].rows)),
        ("failures", "Errors", True),
        ("generator", "Load generator", True),
        ("again", "How to reproduce", True),
    )
    return [(name, text) for name, text, there in links if there]
