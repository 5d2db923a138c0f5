"""What runs say about the question of their scenario, by runs made by hand whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from slo.analysis import findings, timeline
from slo.analysis.findings import miss_detector
from slo.metrics.tally import Tally
from slo.objectives.objectives import Objectives
from slo.record import run as runs
from slo.record.samples import Scrape
from slo.reports import console, html, markdown
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.made import demanding, made, requests
from tests.support.simulated import (
    SLOW,
    SPIKE,
    STRESS,
    closed,
    drained,
    simulated,
    soaked,
    verdict,
)

# Breaking point


# The scalability law


# Recovery


# Drift


# Headroom and smoke


# In all


def test_a_foreign_locustfile_is_asked_what_its_load_allows() -> None:
    rising = simulated(STRESS, None, closed(10, 100))
    assert findings.questions(rising) == ("breaking",)
    assert findings.questions(replace(rising, plan=None)) == ("breaking",)
    assert findings.questions(simulated(SPIKE, "mine", drained(3))) == ("recovery",)
    assert findings.questions(replace(soaked(), scenario=None, plan=None)) == ("drift",)
    assert findings.questions(replace(requests(10), scenario=None)) == ()


def test_they_come_first_in_every_report_and_a_saved_run_says_the_same() -> None:
    run = replace(simulated(STRESS, "stress", closed(10, 100)), scrapes=(Scrape(5, {"process_open_fds": 7.0}),))
    outcome = verdict(run)
    data = run.to_data()
    Draft202012Validator(schemas.load("run")).validate(data)
    again = runs.Run.from_data(json.loads(json.dumps(data)))
    assert again.scrapes == run.scrapes
    assert to_json(verdict(again)) == to_json(outcome)
    Draft202012Validator(schemas.load("verdict")).validate(json.loads(to_json(outcome)))
    for text, table in (
        (console.render(run, outcome), "objective "),
        (markdown.render(run, outcome), "## Objectives"),
        (html.render(run, outcome), 'id="objectives"'),
    ):
        assert 0 < text.index("breaking point") < text.index(table)


@pytest.mark.parametrize("steps", [1, 7])
def test_a_run_under_way_has_the_timeline_of_the_finished_one(steps: int) -> None:
    run = simulated(STRESS, "stress", closed(10, 100))
    watch = miss_detector(run.scenario, demanding(SLOW))

    def counts(start_ms: int, end_ms: int) -> dict[tuple[str, str], Tally]:
        cells: dict[tuple[str, str], Tally] = {}
        for interval in run.intervals:
            if start_ms <= interval.start_ms < end_ms:
                for endpoint, tally in interval.tallies():
                    cells.setdefault((endpoint, interval.stage), Tally()).add(tally)
        return cells

    growing = timeline.LiveTimeline(STRESS.total_s, watch)
    for second in (*range(0, 120, steps), 120):
        growing.update(second, counts, lambda start, end: timeline.users_between(run.plan, run.users, start, end))
    assert growing.points == timeline.of_run(run, watch).points
    outcome = judge(run, demanding(SLOW), points=growing.points)
    assert to_json(outcome) == to_json(verdict(run))


def test_a_run_without_a_request_has_none() -> None:
    assert verdict(made(lambda *_: None)).findings == ()


def test_objectives_refuse_a_part_of_a_finding() -> None:
    from slo.objectives.objectives import ObjectivesError

    with pytest.raises(ObjectivesError, match="of the whole run"):
        demanding("indicator: capacity.users, target: 5 users, endpoint: home")


def units() -> Objectives:
    return demanding("indicator: recovery.s, target: 1 min", "indicator: drift.memory, target: 5 %/h")


def test_targets_of_findings_have_units_of_their_own() -> None:
    assert [(float(one.target), str(one.unit)) for one in units().items] == [(60.0, "s"), (5.0, "%/h")]
