"""The verdict as one HTML page that needs nothing else: no request, no script to be read, light, dark and on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from importlib import resources
from itertools import zip_longest
from string import Template
from typing import TYPE_CHECKING, Any

from slo.analysis import diagnosis
from slo.analysis.offered import offered_load, unreached_stages
from slo.analysis.selection import select
from slo.baseline.store import Reference
from slo.metrics.quantity import show
from slo.record.run import Run
from slo.reports import rows
from slo.reports.reproduce import command
from slo.text import redact
from slo.text.clean import plain, safe
from slo.tracing import trace_link
from slo.verdict.result import RANK, Result, Status
from slo.verdict.verdict import Verdict

if TYPE_CHECKING:
    from slo.reports.charts import Picture

SIGNS: Mapping[Status, str] = {
    "PASS": "✓",
    "WARNING": "△",
    "FAIL": "✗",
    "CRITICAL": "‼",
    "NO DATA": "?",
    "SKIPPED": "–",
}
"""Beside the word and its colour."""
MOST_ROWS = 200
"""Rows of a table; more are counted."""
_TRACE_ID = re.compile(r"\b[0-9a-f]{32}\b")
_LONG = 600
"""Longest sentence, in characters."""
_TEXTS = {"objective", "endpoint", "check", "failure", "worker", "stage", "status", "priority", "complete"}
_TEXTS |= {
    "outcome",
    "past its target",
    "process",
    "sends requests",
    "indicator",
    "seen",
    "run",
    "started at",
    "commit",
    "trace",
}
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


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its HTML, and what it is sorted by where that is not its text."""

    html: str
    value: str = ""


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
    # Matplotlib takes half a second to import: only who draws waits for it.
    from slo.reports import charts as pictures

    sections = [
        _top(run, verdict, groups or {}),
        _findings(verdict),
        _objectives(verdict),
        _reasons(run, verdict),
        _notes(verdict),
        gallery(pictures.draw(run, verdict, references)),
        _tables(run),
        _generator(run),
        _about(run, verdict, references),
    ]
    title = f"{verdict.status}: {verdict.scenario or 'run'} {verdict.run_id}"
    return page(title, "".join(sections), _contents(sections))


def page(title: str, body: str, contents: str = "") -> str:
    """Return a whole page that needs nothing else; ``body`` and ``contents`` are HTML."""
    return Template(_asset("report.html")).substitute(
        title=safe(title),
        style=_asset("report.css"),
        script=_asset("report.js"),
        body=f"{contents}<main>{body}</main>",
    )


def sentence(run: Run, verdict: Verdict, groups: Mapping[str, tuple[str, ...]]) -> str:
    """Return the verdict's reason, with the stage since which and the endpoint that mostly caused it."""
    for result in verdict.results:
        start = f"{result.objective.name}: {result.reason}"
        if result.status != verdict.status or not verdict.reason.startswith(start):
            continue
        where = _origin(run, result, groups)
        since = f", since '{plain(where.stage, 60)}'" if where.stage else ""
        mostly = f", mostly {plain(where.endpoint, 60)}" if where.endpoint else ""
        return f"{plain(result.objective.name, 80)}: {result.reason}{since}{mostly}{verdict.reason[len(start) :]}"
    return verdict.reason


def _origin(run: Run, result: Result, groups: Mapping[str, tuple[str, ...]]) -> diagnosis.Origin:
    scope = result.objective.scope
    if result.status not in ("WARNING", "FAIL", "CRITICAL") or any(group not in groups for group in scope.groups):
        return diagnosis.Origin()
    return diagnosis.origin(result.objective, select(run, scope, groups))


def _top(run: Run, verdict: Verdict, groups: Mapping[str, tuple[str, ...]]) -> str:
    status = verdict.status
    lines = [rows.headline(verdict), rows.scaled(run), rows.arrived(run)]
    said = " ".join(f"{safe(line.rstrip('.'), _LONG)}." for line in lines if line)
    met = f"{sum(r.status in ('PASS', 'WARNING') for r in verdict.judged)} of {len(verdict.judged)}"
    facts = [("objectives met", met), *_facts(run)]
    tiles = "".join(f"<div><dt>{safe(name)}</dt><dd>{safe(value)}</dd></div>" for name, value in facts)
    return (
        f'<section id="verdict" aria-labelledby="verdict-head"><div class="verdict" data-status="{status}">'
        f'<p class="sign" aria-hidden="true">{SIGNS[status]}</p>'
        f'<h1 id="verdict-head"><strong>{status}</strong>: {safe(sentence(run, verdict, groups), _LONG)}</h1>'
        f"<p>{said} Started {safe(run.started_at, 40)}; exit code {verdict.exit_code}.</p></div>"
        f'<dl class="facts">{tiles}</dl></section>'
    )


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


def _findings(verdict: Verdict) -> str:
    """Return the answers to what the scenario asks, each with its numbers."""
    items = []
    for one in verdict.findings:
        details = "".join(f"<li>{safe(detail, _LONG)}</li>" for detail in one.details)
        more = f"<ul>{details}</ul>" if details else ""
        items.append(f"<li><strong>{safe(one.name)}</strong>: {safe(one.answer, _LONG)}{more}</li>")
    steps = rows.trials(verdict)
    more = f'<h3 id="steps-head">Steps</h3>{table("steps", rows.TRIAL_HEAD, steps)}' if steps else ""
    return section("findings", "Findings", f'<ul class="why">{"".join(items)}</ul>{more}') if items else ""


def _objectives(verdict: Verdict) -> str:
    body = [[_objective_cell(result, *pair) for pair in _pairs(result)] for result in verdict.results]
    table = _table("objectives", rows.OBJECTIVE_HEAD, body, [result.status for result in verdict.results])
    hint = "Deviation is how far the value is from the target; in the bar the upright line is the target."
    return section("objectives", "Objectives", f'{table}<p class="quiet">{hint}</p>' if body else table)


def _pairs(result: Result) -> list[tuple[str, str]]:
    return list(zip(rows.OBJECTIVE_HEAD, rows.objective(result), strict=True))


def _objective_cell(result: Result, head: str, text: str) -> Cell:
    if head == "status":
        badge = f'<span class="badge" data-status="{result.status}">{SIGNS[result.status]} {result.status}</span>'
        return Cell(badge, str(RANK.index(result.status)))
    if head == "deviation" and result.value is not None and result.objective.target:
        share = min(max(float(result.value / result.objective.target), 0.0) * 50, 100.0)
        gauge = f'<span class="gauge" aria-hidden="true" data-status="{result.status}">'
        return Cell(f'{safe(text)}{gauge}<i style="width: {share:.1f}%"></i><b></b></span>', text)
    return Cell(f"<bdi>{safe(text)}</bdi>")


def _reasons(run: Run, verdict: Verdict) -> str:
    items = []
    for result in verdict.problems[:MOST_ROWS]:
        hints = "".join(f"<li>{_linked(run, safe(hint, _LONG))}</li>" for hint in result.advice)
        badge = f'<span class="badge" data-status="{result.status}">{SIGNS[result.status]} {result.status}</span>'
        items.append(
            f'<li data-status="{result.status}">{badge} <bdi>{safe(result.objective.name)}</bdi>: '
            f"{safe(result.reason, _LONG)}{f'<ul>{hints}</ul>' if hints else ''}</li>"
        )
    return section("why", "Where to look", f'<ul class="why">{"".join(items)}</ul>') if items else ""


def _linked(run: Run, text: str) -> str:
    """Return a text that is HTML already with the ids of the run's traces as links, where it is known to what."""
    ids = {one.trace_id for one in run.slowest}

    def linked(found: re.Match[str]) -> str:
        url = trace_link.link(run.options.get("trace_url"), found[0]) if found[0] in ids else None
        return f'<a href="{escape(url)}" rel="noreferrer">{found[0]}</a>' if url else found[0]

    return _TRACE_ID.sub(linked, text)


def _slowest(run: Run) -> str:
    """Return the slowest requests with their traces, where requests were traced."""
    body = []
    for cells in rows.slowest(run):
        *plain_cells, trace_id = (safe(text) for text in cells)
        trace = _linked(run, f"<code>{trace_id}</code>")
        body.append([*(Cell(f"<bdi>{text}</bdi>") for text in plain_cells), Cell(trace)])
    return section("slowest", "Slowest requests", _table("slowest", rows.SLOW_HEAD, body)) if body else ""


def _notes(verdict: Verdict) -> str:
    notes = "".join(f"<li>{safe(note, _LONG)}</li>" for note in verdict.notes[:MOST_ROWS])
    return section("notes", "Notes", f'<ul class="notes">{notes}</ul>') if notes else ""


def gallery(pictures: Sequence[Picture]) -> str:
    """Return pictures with what they show, two side by side where there is room."""
    if not pictures:
        return section("pictures", "Pictures", "<p>Not one request has a latency: there is nothing to draw.</p>")
    figures = "".join(
        f'<figure><h3>{safe(picture.title)}</h3><div class="frame" tabindex="0" role="group" '
        f'aria-label="{safe(picture.title)}">{picture.svg}</div>'
        f"<figcaption>{safe(picture.caption, _LONG)}</figcaption></figure>"
        for picture in pictures
    )
    return section("pictures", "Pictures", f'<div class="gallery">{figures}</div>')


def _tables(run: Run) -> str:
    endpoints = rows.endpoints(run)
    stages = _stages(run)
    parts = []
    if len(stages) > 1:
        parts.append(section("stages", "Stages", table("stages", _STAGE_HEAD, stages)))
    if endpoints:
        body = table("endpoints", rows.ENDPOINT_HEAD, endpoints[:-1], endpoints[-1])
    else:
        body = "<p>Not one request was made.</p>"
    parts.append(section("endpoints", "Endpoints", body))
    pair = []
    checks = rows.checks(run)
    if checks:
        head = ("check", "passed", "failed", "pass rate")
        pair.append(section("checks", "Checks", table("checks", head, checks)))
    failures = rows.failures(run)
    none = "<p>No request failed.</p>" if endpoints else "<p>Not one request was made.</p>"
    body = table("failures", ("endpoint", "failure", "count"), failures) if failures else none
    pair.append(section("failures", "Errors and failures", body))
    parts.append(_slowest(run))
    return "".join(parts) + f'<div class="columns">{"".join(pair)}</div>'


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
        found.append((stage.name, *times, stage.words(), *given, show(tally.requests, "count"), rate, failed, *shown))
    return found


def _generator(run: Run) -> str:
    """Return how the load generator itself was: its processor time, its users, its workers."""
    pairs: list[tuple[str, str]] = []
    for name, value in sorted((name, value) for name, value in run.generator.items() if name != "processes"):
        if name == "cpu_s" and isinstance(value, int | float) and run.duration_s > 0:
            share = show(Fraction(value) / Fraction(run.duration_s), "ratio")
            pairs.append(("processor time", f"{value:g} s, {share} of one core over the run"))
        else:
            pairs.append((name, _shown(value)))
    if run.users:
        wanted = [sample.planned for sample in run.users if sample.planned is not None]
        pairs += [("users planned, at most", f"{max(wanted):g}")] if wanted else []
        pairs += [("offered", f"{one.amounts()}: {one.ask.describe()}") for one in offered_load(run) if one.ask]
        pairs.append(("users achieved, at most", str(max(sample.achieved for sample in run.users))))
        behind = max(((s.planned or 0) - s.achieved, -s.at_ms) for s in run.users)
        if wanted and behind[0] > 0:
            pairs.append(("furthest behind the plan", f"{behind[0]:.0f} users, {-behind[1] / 1000:.0f} s into the run"))
    unreached = "".join(f"<li>{safe(line, _LONG)}</li>" for line in unreached_stages(run))
    workers = rows.workers(run)
    whom = _part("workers", "Workers", rows.WORKER_HEAD, workers)
    whom += _part("processes", "Processes", rows.PROCESS_HEAD, rows.processes(run))
    whole = "" if unreached or not run.plan or run.plan.open else "<p>Every stage that began reached its users.</p>"
    body = f"{_list(pairs)}{whole}{f'<ul class=notes>{unreached}</ul>' if unreached else ''}{whom}"
    return section("generator", "Load generator", body or "<p>Nothing is recorded.</p>")


def _part(name: str, title: str, head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return f'<h3 id="{name}-head">{title}</h3>{table(name, head, body)}' if body else ""


def _about(run: Run, verdict: Verdict, references: Sequence[Reference]) -> str:
    ended = run.ended.how + (f": {run.ended.reason}" if run.ended.reason else "")
    source = f"{verdict.objectives_source} (sha256 {verdict.objectives_sha256[:12]})"
    told = [("run", run.id), ("started", run.started_at), ("duration", f"{run.duration_s:.1f} s"), ("ended", ended)]
    told += [("target", run.target.headline()), ("objectives", source)]
    told += [("baseline", f"{one.id}, started {one.started_at}") for one in references]
    environment = [(name, _shown(value)) for name, value in sorted(run.environment.items()) if value is not None]
    options = [(name, _shown(value)) for name, value in sorted(run.options.items()) if not redact.names(name)]
    commit = run.environment.get("commit")
    lines = [f"git checkout {plain(commit, 60)}"] if isinstance(commit, str) and commit.isalnum() else []
    lines.append(plain(command(run, verdict.objectives_source), 4000))
    hint = "Secrets come from the environment, as in the run, and are not recorded."
    again = f"<pre><code>{escape(chr(10).join(lines))}</code></pre><p class=quiet>{hint}</p>"
    return (
        f'<div class="columns">{section("run", "Run", _list(told))}'
        f"{section('environment', 'Environment', _list(environment) or '<p>Nothing is recorded.</p>')}"
        f"{section('options', 'Options', _list(options) or '<p>None are recorded.</p>')}</div>"
        f"{section('again', 'How to reproduce', again)}"
    )


def _contents(sections: Sequence[str]) -> str:
    links = (
        ("findings", "Findings"),
        ("objectives", "Objectives"),
        ("why", "Where to look"),
        ("pictures", "Pictures"),
        ("stages", "Stages"),
        ("endpoints", "Endpoints"),
        ("slowest", "Slowest requests"),
        ("failures", "Errors"),
        ("generator", "Load generator"),
        ("again", "How to reproduce"),
    )
    whole = "".join(sections)
    items = "".join(
        f'<li><a href="#{name}">{text}</a></li>' for name, text in links if f'<section id="{name}"' in whole
    )
    return f'<nav aria-label="On this page"><ul>{items}</ul></nav>'


def section(name: str, title: str, body: str) -> str:
    """Return a part of the page with its heading."""
    return f'<section id="{name}" aria-labelledby="{name}-head"><h2 id="{name}-head">{title}</h2>{body}</section>'


def _list(pairs: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<div><dt>{safe(n)}</dt><dd><bdi>{safe(v)}</bdi></dd></div>" for n, v in pairs[:MOST_ROWS])
    return f'<dl class="pairs">{items}</dl>' if items else ""


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def table(name: str, head: Sequence[str], body: Sequence[Sequence[str]], foot: Sequence[str] | None = None) -> str:
    """Return a table of texts that a click sorts; ``foot`` is its last row, which stays last."""
    cells = [[Cell(f"<bdi>{safe(text)}</bdi>") for text in row] for row in body]
    return _table(name, head, cells, (), [Cell(safe(text)) for text in foot] if foot else None)


def _table(
    name: str,
    head: Sequence[str],
    body: Sequence[Sequence[Cell]],
    kinds: Sequence[str] = (),
    foot: Sequence[Cell] | None = None,
) -> str:
    """Return a table; its first column is the rows' heads. The roles keep it one where CSS lays it out as cards."""
    heads = "".join(f'<th scope="col" role="columnheader"{_kind(title)}>{escape(title)}</th>' for title in head)
    lines = "".join(_row(head, row, kind) for row, kind in zip_longest(body[:MOST_ROWS], kinds[:MOST_ROWS]))
    last = f'<tfoot role="rowgroup">{_row(head, foot)}</tfoot>' if foot else ""
    more = f'<p class="quiet">{len(body) - MOST_ROWS:,} more are not shown.</p>' if len(body) > MOST_ROWS else ""
    return (
        f'<table class="sortable" role="table" aria-labelledby="{name}-head"><thead role="rowgroup"><tr role="row">'
        f'{heads}</tr></thead><tbody role="rowgroup">{lines}</tbody>{last}</table>{more}'
    )


def _row(head: Sequence[str], row: Sequence[Cell], kind: str | None = None) -> str:
    cells = [f'<th scope="row" role="rowheader">{row[0].html}</th>']
    for title, cell in zip(head[1:], row[1:], strict=True):
        look = ' class="number"' if _numeric(title) else ' class="text"' if title == "failure" else ""
        value = f' data-value="{safe(cell.value)}"' if cell.value else ""
        cells.append(f'<td role="cell" data-label="{escape(title)}"{look}{value}>{cell.html}</td>')
    return f'<tr role="row"{f" data-row={chr(34)}{kind}{chr(34)}" if kind else ""}>{"".join(cells)}</tr>'


def _kind(title: str) -> str:
    kind = "number" if _numeric(title) or title == "status" else "text"
    return f' data-kind="{kind}"' + (' class="number"' if _numeric(title) else "")


def _numeric(title: str) -> bool:
    return title not in _TEXTS


def _asset(name: str) -> str:
    return resources.files("slo.reports").joinpath("assets", name).read_text(encoding="utf-8")
