"""The endpoints as CSV, for a spreadsheet: a row for each, plain numbers, the unit in the column's name."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from slo.reports.text import one_line
from slo.run import Run
from slo.tally import Tally
from slo.verdict import Verdict

PERCENTILES = ("50", "90", "95", "99", "99.9")
HEAD = (
    "endpoint",
    "requests",
    "failed",
    "throttled",
    "mean_ms",
    *(f"p{percent}_ms" for percent in PERCENTILES),
    "max_ms",
    "throughput_rps",
    "received_bytes",
)
"""``failed`` leaves throttled requests (HTTP 429) aside; an empty cell is a value that there is not."""
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the begin of a formula, wide forms too."""


def render(run: Run, verdict: Verdict) -> str:
    """Return the counts of every endpoint, and of all together in the last row."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEAD)
    for name in run.endpoints:
        lines.writerow([safe(name), *_numbers(run.tally(name.__eq__), run.duration_s)])
    lines.writerow(["all", *_numbers(run.tally(), run.duration_s)])
    return text.getvalue()


def safe(name: str) -> str:
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


def _decimal(value: Fraction) -> str:
    return f"{float(value):.3f}"
