"""The endpoints and the findings as CSV, for a spreadsheet: plain numbers, their unit in a column or in its name."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from slo.analysis.finding import Figure, Finding
from slo.metrics.endpoint import method_and_name
from slo.metrics.tally import Tally
from slo.record.run import Run
from slo.text.clean import one_line
from slo.verdict.verdict import Verdict

ENDPOINTS = "endpoints.csv"
FINDINGS = "findings.csv"
PERCENTILES = ("50", "90", "95", "99", "99.9")
HEAD = (
    "endpoint",
    "method",
    "requests",
    "failed",
    "throttled",
    "mean_ms",
    *(f"p{percent}_ms" for percent in PERCENTILES),
    "max_ms",
    "throughput_rps",
    "received_bytes",
)
"""``failed`` does not include throttled requests (HTTP 429); an empty cell means that there is no value."""
FINDING_HEAD = ("finding", "told", "figure", "value", "unit", "low", "high", "exact", "answer")
"""A ``ratio`` is a share of 1. An empty ``low`` or ``high`` means that there is no bound."""
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the begin of a formula, wide forms too."""


def files(run: Run, verdict: Verdict) -> Mapping[str, str]:
    """Return the files by name: the endpoints' counts and the findings."""
    return {ENDPOINTS: render(run, verdict), FINDINGS: findings(verdict)}


def render(run: Run, verdict: Verdict) -> str:
    """Return the counts of every endpoint, and of all together in the last row."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEAD)
    for name in run.endpoints:
        method, _ = method_and_name(name)
        numbers = _numbers(run.tally(name.__eq__), run.duration_s)
        lines.writerow([without_formula(name), without_formula(method), *numbers])
    lines.writerow(["all", "", *_numbers(run.tally(), run.duration_s)])
    return text.getvalue()


def findings(verdict: Verdict) -> str:
    """Return a row for each figure of each finding; a finding without a figure has one row."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(FINDING_HEAD)
    for one in verdict.findings:
        lines.writerows(_figure(one, figure) for figure in one.figures or (None,))
    return text.getvalue()


def without_formula(name: str) -> str:
    """Return ``name`` on one line and so that no spreadsheet calculates it."""
    started = name[:1] in ("\t", "\r")
    line = one_line(name)
    return f"'{line}" if started or line.lstrip().startswith(_FORMULA) else line


def _numbers(tally: Tally, duration_s: float) -> list[str]:
    histogram = tally.latency
    latencies = [""] * (len(PERCENTILES) + 2)
    if histogram.total:
        percentiles = [Fraction(histogram.percentile(Fraction(percent))) for percent in PERCENTILES]
        latencies = [_decimal(us / 1000) for us in (histogram.mean(), *percentiles, Fraction(histogram.max_us))]
    throughput = _decimal(Fraction(tally.requests) / Fraction(duration_s)) if duration_s > 0 else ""
    return [str(tally.requests), str(tally.errors), str(tally.throttled), *latencies, throughput, str(tally.bytes)]


def _figure(one: Finding, figure: Figure | None) -> list[str]:
    cells = [""] * 6
    if figure is not None:
        low, high = (_plain(bound) for bound in (figure.low, figure.high))
        cells = [without_formula(figure.name), _plain(figure.value), figure.unit, low, high, _boolean(figure.exact)]
    return [without_formula(one.name), _boolean(one.is_answered), *cells, without_formula(one.answer)]


def _boolean(whether: bool) -> str:
    return "yes" if whether else "no"


def _plain(value: Fraction | None) -> str:
    """Return the number to six digits, as findings are rounded, without an exponent."""
    return "" if value is None else format(Decimal(f"{float(value):.6g}"), "f")


def _decimal(value: Fraction) -> str:
    return f"{float(value):.3f}"
