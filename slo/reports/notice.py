"""The verdict in a few lines: a message for Slack, or a document for a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slo.record.run import Run
from slo.reports import rows
from slo.verdict.result import Result
from slo.verdict.verdict import Verdict

VERSION = 1
MAX_MISSES = 10
"""Maximum number of missed objectives in a message; the worst first."""
MAX_LENGTH = 300
"""Longest text of one, in characters."""


def document(run: Run, verdict: Verdict, link: str = "") -> dict[str, Any]:
    """Return the verdict as data, valid by ``schemas/notification.schema.json``; ``link`` leads to the CI job."""
    return {
        "schema": "locust-slo/notification",
        "version": VERSION,
        "run": run.id,
        "scenario": run.scenario,
        "target": run.target.url,
        "started_at": run.started_at,
        "duration_s": run.duration_s,
        "requests": run.tally().requests,
        "status": verdict.status,
        "exit_code": verdict.exit_code,
        "reason": verdict.reason[:MAX_LENGTH],
        "objectives": [_objective(result) for result in verdict.problems[:MAX_MISSES]],
        "findings": [one.answer[:MAX_LENGTH] for one in verdict.findings],
        "link": link or None,
    }


def message(run: Run, verdict: Verdict, link: str = "") -> dict[str, Any]:
    """Return the verdict as Slack's incoming webhooks take it (https://api.slack.com/messaging/webhooks)."""
    lines = [f"*{verdict.status}* {_plain(run.scenario or run.id)} against {_plain(run.target.url)}"]
    lines.append(_plain(verdict.reason[:MAX_LENGTH]))
    lines += [f"• {result.status} {_plain(_sentence(result))}" for result in verdict.problems[:MAX_MISSES]]
    lines += [f"• {_plain(one.answer[:MAX_LENGTH])}" for one in verdict.findings]
    lines.append(f"{run.tally().requests} requests in {run.duration_s:.0f} s, run {_plain(run.id)}")
    lines += [f"<{link}|the job>"] if link else []
    return {"text": "\n".join(lines)}


def link_of(environ: Mapping[str, str]) -> str:
    """Return the URL of the CI job that this process is a part of, or an empty text."""
    if environ.get("GITHUB_RUN_ID"):
        where = f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{environ.get('GITHUB_REPOSITORY', '')}"
        return f"{where}/actions/runs/{environ['GITHUB_RUN_ID']}"
    link = environ.get("CI_JOB_URL") or environ.get("BUILD_URL") or ""  # GitLab, Jenkins
    return link if link.startswith(("http://", "https://")) and not set(link) & set("<>| \n") else ""


def _objective(result: Result) -> dict[str, Any]:
    _, _, shown, interval, target, *_ = rows.objective(result)
    return {
        "name": result.objective.name[:MAX_LENGTH],
        "indicator": result.objective.indicator.name,
        "priority": result.objective.priority,
        "status": result.status,
        "value": shown,
        "interval": interval,
        "target": target,
        "reason": result.reason[:MAX_LENGTH],
    }


def _sentence(result: Result) -> str:
    return f"{result.objective.name[:MAX_LENGTH]}: {result.reason[:MAX_LENGTH]}"


def _plain(text: str) -> str:
    """Return a text in which Slack finds no link, no mention and no formatting."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
