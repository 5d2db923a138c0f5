"""Prometheus rules for objectives: recording rules for bad requests, and alerts on the burn rate of the budget.

An objective allows a share of bad requests: p95 below 3 s allows 5 % of them to take longer, an error rate below 1 %
allows 1 % to fail. The burn rate is the actual share divided by the allowed one. Alerts use two windows, so that they
fire early and end soon: https://sre.google/workbook/alerting-on-slos/, "Multiwindow, Multi-Burn-Rate Alerts".

Pure: the same objectives give the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import yaml

from slo.analysis import endpoint_filter
from slo.metrics.quantity import show
from slo.objectives.objective import Objective
from slo.objectives.objectives import Objectives
from slo.prometheus.burn_rate import PAGE, TICKET, BurnRate, burn_rates, prometheus_duration
from slo.prometheus.collector import NAMESPACE

ESCALATION_DELAY = "15m"
"""How long a page may be firing before it is escalated."""
_PAGED = f'alertname="SloBudgetBurns",alertstate="firing",severity="{PAGE}"'


@dataclass(frozen=True)
class SkippedObjective:
    """An objective that no rule can speak of, or not of all of it, and why."""

    objective: str
    why: str


def rules(objectives: Objectives, period_s: float, source: str) -> tuple[str, list[SkippedObjective]]:
    """Return the text of a rules file, and what it leaves out. ``source`` is how the objectives file is called."""
    pairs, left = burn_rates(period_s), list(_skipped(objectives))
    told = {one.objective for one in left if one.why.startswith("no rule")}
    burning = [one for one in objectives.items if one.name not in told and budget(one)]
    standing = [one for one in objectives.items if one.name not in told and not budget(one)]
    groups = [
        {"name": "slo indicators", "rules": [rule for one in burning for rule in _records(one, objectives, pairs)]},
        {"name": "slo burn rates", "rules": [rule for one in burning for rule in _alerts(one, pairs)]},
        {
            "name": "slo objectives",
            "rules": [*(_status_alert(one) for one in standing), *_general_alerts(bool(burning))],
        },
    ]
    period = prometheus_duration(round(period_s))
    comments = [
        f"# Made from {source} by `locust-slo export prometheus-rules --period {period}`.",
        "# Change the objectives and make it again, not this file.",
        *(f"# {one.objective}: {one.why}" for one in left),
    ]
    body = {"groups": [group for group in groups if group["rules"]]}
    return "\n".join(comments) + "\n" + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=120), left


def budget(objective: Objective) -> Fraction | None:
    """Return the share of requests (or checks) that may be bad; None if it is zero, or the indicator is not a share."""
    what = objective.indicator
    share: Fraction | None = None
    if what.percentile is not None:
        share = 1 - what.percentile / 100
    elif what.name in ("errors.ratio", "throttled.ratio"):
        share = objective.target
    elif what.name == "checks.ratio":
        share = 1 - objective.target
    return share or None


def _skipped(objectives: Objectives) -> Iterator[SkippedObjective]:
    for one in objectives.items:
        if one.against == "baseline":
            yield SkippedObjective(one.name, "no rule: it compares with reference runs")
        elif one.scope.stages:
            yield SkippedObjective(one.name, "no rule: Prometheus does not know in which stage a request ended")
        elif one.indicator.kind == "latency" and (one.of != "all" or one.since == "intended"):
            yield SkippedObjective(one.name, "no rule: latencies are those of all requests, since they were sent")
        elif one.indicator.kind == "exceptions":
            yield SkippedObjective(one.name, "no rule: Prometheus does not know the tasks of a locustfile")
        elif one.indicator.kind == "finding":
            yield SkippedObjective(one.name, "no rule: it is found once a run has ended")
        elif one.scope.warmup_s:
            yield SkippedObjective(one.name, "its warm-up counts here, too")


def _records(objective: Objective, objectives: Objectives, pairs: Sequence[BurnRate]) -> Iterator[dict[str, Any]]:
    labels = {"objective": objective.name, "priority": objective.priority}
    windows = sorted({seconds for one in pairs for seconds in (one.long_s, one.short_s)})
    for window_s in windows:
        yield {
            "record": f"objective:bad:ratio_rate{prometheus_duration(window_s)}",
            "expr": _bad_ratio(objective, objectives, prometheus_duration(window_s)),
            "labels": dict(labels),
        }
    allowed = budget(objective)
    assert allowed is not None
    # By names that are the same for every period: dashboards use them.
    for name, one in (("fast", pairs[0]), ("slow", pairs[-1])):
        bad = f'objective:bad:ratio_rate{prometheus_duration(one.long_s)}{{objective="{_quoted(objective.name)}"}}'
        yield {"record": f"objective:burn_rate:{name}", "expr": f"{bad} / {_float(allowed)}", "labels": dict(labels)}


def _bad_ratio(objective: Objective, objectives: Objectives, window: str) -> str:
    """Return the share of bad requests over a window, as PromQL."""
    where = _label_matchers(objective, objectives)
    if objective.indicator.kind == "latency":
        bound = repr(float(objective.target / 1000))
        good = _rate("latency_seconds_bucket", [*where, f'le="{bound}"'], window)
        return f"1 - {good} / {_rate('latency_seconds_count', where, window)}"
    if objective.indicator.kind == "checks":
        check = [f'check="{_quoted(objective.check)}"'] if objective.check else []
        failed = _rate("checks_total", [*where, *check, 'result="failed"'], window)
        return f"{failed} / {_rate('checks_total', [*where, *check], window)}"
    failed = f"({_rate('failures_total', where, window)} or vector(0))"
    throttled = f"({_rate('throttled_total', where, window)} or vector(0))"
    bad = failed if objective.throttled == "ignored" else f"({failed} + {throttled})"
    if objective.indicator.kind == "throttled":
        bad = throttled
    return f"{bad} / {_rate('requests_total', where, window)}"


def _rate(name: str, where: Sequence[str], window: str) -> str:
    selector = f"{{{','.join(where)}}}" if where else ""
    return f"sum(rate({NAMESPACE}_{name}{selector}[{window}]))"


def _label_matchers(objective: Objective, objectives: Objectives) -> list[str]:
    scope, found = objective.scope, []
    if scope.scenarios:
        found.append(f'scenario=~"{_quoted("|".join(map(_pattern, scope.scenarios)))}"')
    wanted = endpoint_filter.of_scope(scope, objectives.groups)
    for label, patterns in (("endpoint", wanted.names), ("method", wanted.methods)):
        if patterns:
            found.append(f'{label}=~"{_quoted("|".join(map(_pattern, patterns)))}"')
    return found


def _pattern(pattern: str) -> str:
    """Return a pattern of ``fnmatch`` as a regular expression of RE2, which Prometheus anchors itself."""
    parts = []
    for part in re.findall(r"\[[^\]]+\]|.", pattern, re.DOTALL):
        if part == "*":
            parts.append(".*")
        elif part == "?":
            parts.append(".")
        elif len(part) > 1:
            parts.append("[^" + part[2:] if part[1] == "!" else part)
        else:
            parts.append(re.escape(part) if part in r"\.+()[]{}|^$" else part)
    return "".join(parts)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _alerts(objective: Objective, pairs: Sequence[BurnRate]) -> Iterator[dict[str, Any]]:
    allowed = budget(objective)
    assert allowed is not None
    for one in pairs:
        long, short = one.windows
        most = _float(allowed * Fraction(one.rate))
        of = f'objective="{_quoted(objective.name)}"'
        severity = TICKET if objective.priority == "P2" else one.severity
        # A share cannot be above 1: a fast burn of a generous budget is all of the requests.
        least = min(most, 0.99)
        yield _alert(
            "SloBudgetBurns",
            " and ".join(f"objective:bad:ratio_rate{window}{{{of}}} > {least}" for window in (long, short)),
            {
                "severity": severity,
                "objective": objective.name,
                "priority": objective.priority,
                "burn": f"{one.rate:g}",
            },
            f"{objective.name} burns its budget {one.rate:g} times too fast",
            f"{{{{ $value | humanizePercentage }}}} of {_noun(objective)} over {long}, and more than "
            f"{least * 100:.6g} % over {short}, too. {objective.name} demands {_target_text(objective)}: "
            f"{show(allowed, 'ratio')} may.",
        )


def _float(share: Fraction) -> float:
    """Return a share as a number without digits that are noise."""
    return float(f"{float(share):.12g}")


def _noun(objective: Objective) -> str:
    if objective.indicator.kind == "latency":
        return f"requests took longer than {show(objective.target, 'ms')}"
    if objective.indicator.kind == "checks":
        return "checks failed"
    return "requests were refused with 429" if objective.indicator.kind == "throttled" else "requests failed"


def _target_text(objective: Objective) -> str:
    sign = "<" if objective.direction == "lower" else ">"
    return f"{objective.indicator.name} {sign} {show(objective.target, objective.unit)}"


def _status_alert(objective: Objective) -> dict[str, Any]:
    """Return the alert on an objective without a budget: on the status that the run itself reports."""
    missed = f'{{objective="{_quoted(objective.name)}",status=~"FAIL|CRITICAL"}}'
    return _alert(
        "SloObjectiveMissed",
        f"max by (objective, priority) ({NAMESPACE}_objective_status{missed}) == 1 and on () {NAMESPACE}_running == 1",
        {
            "severity": PAGE if objective.priority == "P0" else TICKET,
            "objective": objective.name,
            "priority": objective.priority,
        },
        f"{objective.name} is missed",
        f"The run under way is past {_target_text(objective)}.",
        held="30s",
    )


def _general_alerts(anything_burns: bool) -> Iterator[dict[str, Any]]:
    if anything_burns:
        yield _alert(
            "SloStillBurns",
            f"max by (objective, priority) (ALERTS{{{_PAGED}}}) == 1",
            {"severity": PAGE, "escalation": "2"},
            "{{ $labels.objective }} has burnt its budget for 15 minutes",
            "It was not resolved by its first receiver.",
            held=ESCALATION_DELAY,
        )
    yield _alert(
        "SloVerdictCritical",
        f'{NAMESPACE}_verdict{{status="CRITICAL"}} == 1',
        {"severity": PAGE, "priority": "P0"},
        "A P0 objective is missed",
        "The verdict on the run is CRITICAL: it blocks a deployment. The report says where to look.",
    )
    yield _alert(
        "SloGeneratorOverloaded",
        f"{NAMESPACE}_generator_cpu_ratio > 0.9",
        {"severity": TICKET},
        "{{ $labels.worker }} uses {{ $value | humanizePercentage }} of a core",
        "The measured latencies may be the load generator's own: use more processes or machines.",
        held="30s",
    )
    yield _alert(
        "SloNoRequests",
        f"{NAMESPACE}_running == 1 and on () (sum(rate({NAMESPACE}_requests_total[1m])) or vector(0)) == 0",
        {"severity": TICKET},
        "A run is running and no request ends",
        "No data is no verdict: does the target respond, do its users start?",
        held="1m",
    )


def _alert(
    name: str, expr: str, labels: Mapping[str, str], summary: str, description: str, held: str = ""
) -> dict[str, Any]:
    """Return one alert, firing after ``held``."""
    return {
        "alert": name,
        "expr": expr,
        **({"for": held} if held else {}),
        "labels": dict(labels),
        "annotations": {"summary": summary, "description": description},
    }
