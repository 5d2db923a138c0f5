"""The HTML report as a text: whole, self-contained, harmless, the same each time. Looked at in test_report_page."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from slo.baseline.store import Reference
from slo.load import rate
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.objectives.objectives import parse
from slo.record.ending import Ending
from slo.record.run import Run
from slo.record.suite import KEY, Suite
from slo.record.target import Target
from slo.reports import html
from slo.reports.reproduce import command
from slo.reports.series import MAX_SLOTS, slots
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.made import Clock, demanding, made, requests
from tests.support.processes import ROOT
from tests.support.ramp import HOSTILE, OBJECTIVES, ramp

VOID = {"meta", "path", "use", "image", "rect", "br", "img", "link"}


class Outline(HTMLParser):
    """A page's elements, ids, headings and text; ``open`` is empty when every element was closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())
        self.ids = [found["id"] for _, found in self.tags if "id" in found]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def page_of(run: Run, *references: Reference) -> tuple[str, Outline, Verdict]:
    verdict = judge(run, OBJECTIVES)
    page = html.render(run, verdict, references, OBJECTIVES.groups)
    outline = Outline(page)
    assert outline.open == []
    assert outline.wrong == []
    assert len(outline.ids) == len(set(outline.ids))
    for _, attributes in outline.tags:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in outline.ids
        for value in attributes.values():
            for name in re.findall(r"url\(#([^)]+)\)", value or ""):
                assert name in outline.ids
    page.encode("utf-8")
    return page, outline, verdict


def test_the_first_sentence_says_what_since_when_and_where() -> None:
    _, outline, verdict = page_of(ramp())
    assert verdict.status == "CRITICAL"
    assert re.search(
        r"CRITICAL : P95 latency: [\d.]+ ms against 300 ms, since 'hold at 10', mostly home \(and \d more\)|"
        r"CRITICAL : P95 latency: [\d.]+ ms against 300 ms, since 'hold at 10', mostly home",
        outline.text,
    ), outline.text[:600]


def test_a_group_that_is_not_known_here_names_no_origin() -> None:
    run = ramp()
    only = demanding("name: pages, indicator: latency.p95, target: 300 ms, group: pages")
    verdict = judge(run, only)
    assert html.sentence(run, verdict, {}) == verdict.reason
    assert html.sentence(run, verdict, only.groups).endswith(", since 'hold at 10', mostly home")


@pytest.mark.parametrize(
    ("indicator", "where"),
    [
        ("errors.ratio", ", since 'hold at 10', mostly home"),
        ("throttled.ratio", ", mostly page_a"),
        ("checks.ratio", ", mostly home"),
        ("requests.count", ""),
    ],
)
def test_the_origin_fits_what_was_missed(indicator: str, where: str) -> None:
    run = ramp(rps=4)
    higher = {"checks.ratio": "99 %", "requests.count": "100000"}
    only = demanding(f"name: it, indicator: {indicator}, target: {higher.get(indicator, '0.1 %')}")
    verdict = judge(run, only)
    assert verdict.status == "FAIL"
    assert html.sentence(run, verdict, {}) == verdict.reason + where


def test_all_sections_and_pictures_are_there() -> None:
    _, outline, _ = page_of(ramp(), Reference.of(ramp(slow=400)))
    for name in ("verdict", "objectives", "why", "pictures", "stages", "endpoints", "checks", "failures"):
        assert name in outline.ids
    for name in ("generator", "run", "environment", "options", "again"):
        assert name in outline.ids
    pictures = [attributes for tag, attributes in outline.tags if tag == "svg"]
    assert len(pictures) == 6
    assert all(picture["role"] == "img" for picture in pictures)
    assert "baseline (1 run)" in outline.text
    assert re.search(r"The newest baseline's p95 was [\d.]+ ms: this run's differs by \+[\d.]+ %", outline.text)


def test_nothing_is_asked_of_anybody() -> None:
    page, outline, _ = page_of(ramp())
    assert not re.search(r"xmlns|@import|<link|<iframe|<base", page)
    for tag, attributes in outline.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), (tag, name, value)
        for name in attributes:
            assert not name.startswith("on"), (tag, name)
    assert re.findall(r"url\((?!#)", page) == []


def test_hostile_names_are_harmless() -> None:
    run = ramp(names=HOSTILE, rps=12)
    run = replace(
        run,
        notes=(*HOSTILE, "half \ud800 a sign"),
        target=Target(f"http://u:p@{HOSTILE[0]}"),
        options=dict.fromkeys(HOSTILE, HOSTILE[0]),
    )
    run = replace(run, ended=Ending("completed", HOSTILE[0]), environment=dict.fromkeys(HOSTILE, HOSTILE[8]))
    page, outline, _ = page_of(run, Reference.of(run))
    assert [tag for tag, _ in outline.tags if tag in ("img", "b onerror")] == []
    assert sum(tag == "script" for tag, _ in outline.tags) == 1
    assert "<img src=x onerror=alert(1)>" in outline.text
    assert "$math$" in outline.text
    assert "${title}#0a0001" in outline.text
    assert not re.search(r"[\u202a-\u202e\ud800-\udfff\x00\x1b]", page)
    assert max(len(word) for word in outline.words) < 5000
    assert all(len(v or "") < 500 for t, a in outline.tags for k, v in a.items() if t not in ("path", "image"))


@pytest.mark.parametrize(
    "run",
    [
        made(lambda recorder, clock: None),
        requests(1, seconds=0.01),
        requests(1, latency_ms=0, seconds=5),
        requests(3, latency_ms=4_000_000, seconds=5),
        ramp(5),
        replace(ramp(5), users=(), plan=None, scenario=None),
        replace(ramp(5), ended=Ending("refused", "the target did not answer"), intervals=()),
    ],
    ids=["nothing", "one request", "no latency", "beyond the scale", "5 s", "no plan", "refused"],
)
def test_a_run_with_little_in_it_is_a_whole_page(run: Run) -> None:
    _, outline, verdict = page_of(run)
    assert verdict.status in outline.text
    assert "How to reproduce" in outline.text
    assert "nan" not in outline.text.lower().split()


def test_untimed_requests_have_no_pictures_and_a_page() -> None:
    _, outline, _ = page_of(made(lambda recorder, clock: recorder.untimed("home", None)))
    assert "nothing to draw" in outline.text


def test_the_same_run_gives_the_same_bytes() -> None:
    run = ramp()
    verdict = judge(run, OBJECTIVES)
    first = html.render(run, verdict, [Reference.of(run)])
    again = html.render(Run.from_data(run.to_data()), verdict, [Reference.of(run)])
    assert first == again


@pytest.mark.slow
def test_a_long_run_is_merged_to_a_small_page() -> None:
    names = tuple(f"endpoint_{number}" for number in range(12))
    run = ramp(1800, names, rps=12)
    page, _, _ = page_of(run)
    assert len(page.encode()) < 1_000_000
    time = slots(run)
    assert len(time) <= MAX_SLOTS
    assert sum(slot.requests for slot in time) == run.tally().requests
    merged = sorted(count for slot in time for count in slot.latency.counts.items())
    assert sum(count for _, count in merged) == run.tally().latency.total


def test_slots_reach_from_start_to_end_without_a_hole() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        recorder.request("home", 10, 1)
        clock.now += 7.3
        recorder.request("home", 10, 1)
        clock.now += 5.4

    time = slots(made(fill))
    assert time[0].start_s == 0
    assert time[-1].end_s == pytest.approx(12.7)
    assert all(a.end_s == b.start_s for a, b in pairwise(time))
    assert [slot.requests for slot in time if slot.requests] == [1, 1]


def test_the_command_repeats_the_load_and_holds_no_secret() -> None:
    options: dict[str, Any] = {"num_users": 5, "spawn_rate": 1.0, "run_time": 60, "user_classes": ["Guest"]}
    options |= {"admin_token": "s3cret", "tags": ["a b"], "demo": False, "progress": "on"}
    options |= {KEY: Suite(name="hotel").to_data()}
    run = replace(requests(1), target=Target("https://me:pw@api.test"), options=options)
    assert command(run, "slo.yaml") == (
        "locust Guest -f locustfile.py --headless --host https://api.test --objectives slo.yaml "
        "--users 5 --run-time 60s --spawn-rate 1 --tags 'a b'"
    )
    planned = replace(run, plan=Plan.ramps(("hold", 1, 1)), target=Target("http://127.0.0.1:1", embedded=True))
    assert "--users" not in command(planned)
    options = {"rate": "5/s", "num_users": 50, "spawn_rate": 1.0, "run_time": 60}
    arriving = replace(run, plan=rate.plan("5/s", 60.0, 50), options=options)
    assert command(arriving).endswith("--users 50 --rate 5/s --run-time 60s")
    assert "127.0.0.1" not in command(planned)


def test_secrets_of_a_record_are_not_shown() -> None:
    page, _, _ = page_of(ramp())
    assert "s3cret" not in page


def test_who_draws_nothing_does_not_wait_for_matplotlib() -> None:
    code = "import slo.reports.html, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_regression_is_shown_as_a_share_beside_its_references() -> None:
    run = ramp()
    references = [Reference.of(replace(ramp(slow=400), id=f"before {number}")) for number in range(3)]
    text = "version: 1\nobjectives:\n  - {indicator: latency.p95, target: 9000 ms}\n"
    text += "regression:\n  latency.p95: {target: 10 %}\n"
    verdict = judge(run, parse(text, "made.yaml"), references)
    outline = Outline(html.render(run, verdict, references))
    row = next(result for result in verdict.results if result.objective.against == "baseline")
    assert row.status == "FAIL"
    assert row.objective.name in outline.text
    assert "< 10.00 %" in outline.text
    assert verdict.status in outline.text
