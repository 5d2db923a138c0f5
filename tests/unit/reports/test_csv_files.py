"""CSV: one row per endpoint, plain numbers, and nothing that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from fractions import Fraction

import pytest

from slo.analysis.finding import Figure, Finding
from slo.measure.recorder import Recorder
from slo.record.run import Run
from slo.reports import csv_files
from slo.text.redact import BY_PATTERNS
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made, requests


def table(run: Run) -> list[dict[str, str]]:
    verdict = judge(run, demanding("indicator: latency.p95, target: 1 s"))
    return list(csv.DictReader(io.StringIO(csv_files.render(run, verdict))))


def test_each_endpoint_has_a_row_and_all_together_the_last() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for number in range(1, 1001):
            recorder.request("search", number, 10)
        recorder.request("book", 20, 5)
        clock.now += 10

    search, everything = table(made(fill))[1:]
    assert search["endpoint"] == "search"
    assert search["requests"] == "1000"
    assert search["mean_ms"] == "500.500"
    assert float(search["p95_ms"]) == pytest.approx(950, rel=0.001)
    assert float(search["p99.9_ms"]) == pytest.approx(999, rel=0.001)
    assert (search["max_ms"], search["throughput_rps"], search["received_bytes"]) == ("1000.000", "100.000", "10000")
    assert (everything["endpoint"], everything["requests"], everything["received_bytes"]) == ("all", "1001", "10005")


def test_each_figure_of_a_finding_has_a_row_with_its_unit() -> None:
    figures = (
        Figure("headroom.ratio", Fraction("0.123457"), "ratio", low=Fraction(-1, 10), exact=False),
        Figure("capacity.rps", Fraction(12_345_600), "rps"),
    )
    said = (Finding("headroom", '=1+1, "so"\nmuch', True, figures), Finding("drift", "no answer: too short", False))
    verdict = replace(judge(requests(3), demanding("indicator: latency.p95, target: 1 s")), findings=said)
    head, *rows = csv.reader(io.StringIO(csv_files.findings(verdict)))
    assert tuple(head) == csv_files.FINDING_HEAD
    assert rows == [
        ["headroom", "yes", "headroom.ratio", "0.123457", "ratio", "-0.1", "", "no", '\'=1+1, "so" much'],
        ["headroom", "yes", "capacity.rps", "12345600", "rps", "", "", "yes", '\'=1+1, "so" much'],
        ["drift", "no", "", "", "", "", "", "", "no answer: too short"],
    ]


def test_the_findings_of_a_real_verdict_are_read_back() -> None:
    run = requests(300)
    verdict = judge(run, demanding("indicator: latency.p95, target: 200 ms"))
    rows = list(csv.DictReader(io.StringIO(csv_files.files(run, verdict)[csv_files.FINDINGS])))
    figures = [(one.name, figure) for one in verdict.findings for figure in one.figures]
    assert [(row["finding"], row["figure"], row["unit"]) for row in rows] == [
        (name, figure.name, figure.unit) for name, figure in figures
    ]
    assert [float(row["value"]) for row in rows] == [pytest.approx(float(figure.value)) for _, figure in figures]
    assert rows


def test_without_a_finding_there_is_the_head_alone() -> None:
    verdict = judge(requests(0), demanding("indicator: latency.p95, target: 1 s"))
    assert csv_files.findings(verdict) == ",".join(csv_files.FINDING_HEAD) + "\n"


def test_a_run_without_requests_has_no_latency() -> None:
    (everything,) = table(requests(0))
    assert (everything["requests"], everything["p95_ms"], everything["mean_ms"]) == ("0", "", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1"])
def test_a_formula_is_text(name: str) -> None:
    assert csv_files.without_formula(name).startswith("'")
    recorded = BY_PATTERNS.text(name)
    assert table(requests(3, endpoint=name))[0]["endpoint"] == csv_files.without_formula(recorded)


def test_other_names_are_left_alone() -> None:
    assert [csv_files.without_formula(name) for name in ("GET /rooms?a=1", 'a,"b"', "é-x")] == [
        "GET /rooms?a=1",
        'a,"b"',
        "é-x",
    ]
