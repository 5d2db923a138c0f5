"""Markdown: short enough for a comment whatever the run, and found again by its marker."""

from __future__ import annotations

import re
from dataclasses import replace

from slo.measure.recorder import Recorder
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.reports import markdown
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made, requests


def many(endpoints: int, name: str = "endpoint") -> Run:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for number in range(endpoints):
            for latency in range(20):
                recorder.request(f"{name} {number}", 100 + latency, 10)
        clock.now += 10

    return made(fill)


def objectives(count: int, target: str = "50 ms") -> Objectives:
    return demanding(
        *(
            f"name: objective {n}, indicator: latency.p95, target: {target}, endpoint: 'endpoint {n}'"
            for n in range(count)
        )
    )


def test_the_report_of_many_endpoints_and_objectives_fits_a_comment() -> None:
    run = many(50)
    text = markdown.render(run, judge(run, objectives(100)))
    assert len(text) < 65_000
    assert "left out" not in text
    assert text.count("| endpoint ") == 51
    assert text.count("| objective ") == 101


def test_the_cap_cuts_whole_rows_and_says_how_many() -> None:
    name = "é|" * 100
    run = many(400, name)
    verdict = judge(run, objectives(300))
    verdict = replace(verdict, notes=tuple(f"note {number} {name}" for number in range(300)))
    text = markdown.render(run, verdict)
    assert len(text.encode()) <= markdown.MAX_BYTES
    assert len(text.encode()) > markdown.MAX_BYTES / 2
    left_out = re.findall(r"^(\d+) of (\d+) (\w+) left out here\.$", text, re.MULTILINE)
    assert {of for _, _, of in left_out} >= {"endpoints", "notes"}
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith(" |")
    missing, total, _ = next(found for found in left_out if found[2] == "endpoints")
    assert text.count("\n| é") + int(missing) + 1 == int(total)  # and the row of all


def test_what_was_missed_is_never_left_out_for_what_was_met() -> None:
    run = many(5)
    met = objectives(400, "900 ms").items
    missed = demanding("name: the missed one, indicator: latency.p95, target: 50 ms").items
    text = markdown.render(run, judge(run, replace(objectives(1), items=(*met, *missed))), markdown.MIN_BYTES)
    assert len(text.encode()) <= markdown.MIN_BYTES
    assert "| the missed one | FAIL |" in text
    assert "left out" in text


def test_the_marker_is_the_first_line_and_the_scenarios_own() -> None:
    run = requests(10)
    one = objectives(1)
    first = {
        markdown.render(replace(run, scenario=s), judge(replace(run, scenario=s), one)).splitlines()[0]
        for s in ("load", "a b", "a-b", "--> x", "--->", None)
    }
    assert "<!-- locust-slo:load -->" in first
    assert "<!-- locust-slo:run -->" in first
    assert len(first) == 6
    for line in first:
        assert re.fullmatch(r"<!-- locust-slo:[A-Za-z0-9._-]+ -->", line)
        assert line.count("--") == 2


def test_the_same_scenario_has_the_same_marker() -> None:
    slow, fast = (requests(10, latency_ms=ms) for ms in (500, 10))
    assert markdown.marker(judge(slow, objectives(1))) == markdown.marker(judge(fast, objectives(2)))
