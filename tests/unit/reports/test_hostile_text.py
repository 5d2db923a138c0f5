"""Names that no report should trust: each format is parsed back, and what was hostile is only text in it."""

from __future__ import annotations

import csv
import html.parser
import importlib
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from jsonschema import Draft202012Validator
from junitparser import JUnitXml
from lxml import etree

from slo.analysis.finding import Figure, Finding
from slo.load.plan import Plan
from slo.measure.recorder import Recorder
from slo.objectives.objective import Scope
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.record.target import Target
from slo.reports import console, github, markdown, writer
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.github import parsed
from tests.support.hostile import NAMES, UNSEEN
from tests.support.junit import SCHEMA
from tests.support.made import Clock, demanding, made


@cache
def judged() -> tuple[Run, Verdict, Objectives]:
    """Return a run and its verdict in which everything that has a name has a hostile one."""
    plan = Plan.ramps(*((name, 1, 5) for name in NAMES))

    def fill(recorder: Recorder, clock: Clock) -> None:
        for name in NAMES:
            recorder.request(name, 100, 10)
            recorder.failure(name, 100, 10, name)
            recorder.check(name, name, False)
            clock.now += 1

    target = Target(f"http://api.test/{NAMES[0]}")
    run = made(fill, plan, notes=NAMES, scenario=NAMES[8], target=target, id=NAMES[14])
    lines = ("latency.p95, target: 50 ms", "latency.p95, target: 900 ms, warning: 50 ms", "latency.p95, target: 1 s")
    kinds = demanding(*(f"name: n{number}, indicator: {line}" for number, line in enumerate(lines))).items
    items = []
    for number, name in enumerate(NAMES):
        items.append(replace(kinds[number % 3], name=name, scope=Scope(endpoints=(name,))))
        items.append(replace(kinds[0], name=f"{name} 2", scope=Scope(endpoints=(f"no {name}",))))
        items.append(replace(kinds[0], name=f"{name} 3", scope=Scope(scenarios=(name,))))
    objectives = replace(demanding("indicator: latency.p95, target: 1 s"), items=tuple(items), source=NAMES[3])
    said = tuple(Finding(name, name, True, (Figure("recovery.s", Fraction(1), "s"),), (name,)) for name in NAMES)
    return run, replace(judge(run, objectives), findings=said), objectives


def text_of(name: str) -> str:
    ((_, text),) = writer.FORMATS[name].make(*judged()).items()
    return text


def test_every_status_is_among_them() -> None:
    statuses = {result.status for result in judged()[1].results}
    assert statuses >= {"PASS", "WARNING", "FAIL", "NO DATA", "SKIPPED"}


def test_junit() -> None:
    text = text_of("junit")
    assert not UNSEEN.search(text)
    tree = etree.fromstring(text.encode())
    SCHEMA.assertValid(tree)
    (suite,) = JUnitXml.fromstring(text.encode())
    found = [case.name for case in suite]
    assert len(found) == len(set(found)) >= 3 * len(NAMES)
    assert {"<img src=x onerror=alert(1)>", "a ]]> b <![CDATA["} <= set(found)
    known = {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    }
    assert {one.tag for one in tree.iter()} <= known


def test_json() -> None:
    data = json.loads(text_of("json"))
    Draft202012Validator(schemas.load("verdict")).validate(data)
    assert [one["name"] for one in data["results"][::3]] == list(NAMES)


def test_csv() -> None:
    run, *_ = judged()
    files = writer.FORMATS["csv"].make(*judged())
    head, *lines = csv.reader(io.StringIO(files["endpoints.csv"]))
    assert len(lines) == len(run.endpoints) + 1
    assert {len(line) for line in lines} == {len(head)}
    for name, *numbers in lines:
        assert not name.lstrip().startswith(("=", "+", "-", "@"))
        assert not UNSEEN.search(name)
        assert all(re.fullmatch(r"[0-9.]*", number) for number in numbers)
    head, *lines = csv.reader(io.StringIO(files["findings.csv"]))
    assert {len(line) for line in lines} == {len(head)}
    assert len(lines) == len(NAMES)
    for line in lines:
        assert not any(cell.lstrip().startswith(("=", "+", "@")) or UNSEEN.search(cell) for cell in line)


def test_hlog(tmp_path: Path) -> None:
    run, *_ = judged()
    for file, text in writer.FORMATS["hlog"].make(*judged()).items():
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,120}", file)
        assert not UNSEEN.search(text)
    path = tmp_path / "latency.hlog"
    path.write_text(writer.FORMATS["hlog"].make(*judged())["latency.hlog"], encoding="utf-8")
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000, 3))
    counts: dict[str | None, int] = {}
    while (histogram := reader.get_next_interval_histogram()) is not None:
        counts[histogram.tag] = counts.get(histogram.tag, 0) + histogram.get_total_count()
    reader.close()
    assert counts.pop(None) == run.tally().requests == sum(counts.values())
    assert len(counts) == len(NAMES)


def harmless(text: str) -> None:
    """Assert that what is left of a Markdown text without its escaped characters means nothing."""
    first, *lines = text.splitlines()
    assert re.fullmatch(r"<!-- locust-slo:[A-Za-z0-9._-]+ -->", first)
    assert not UNSEEN.search(text)
    for line in lines:
        bare = re.sub(r"\\.", "", line)
        assert not re.search(r"[<>]", re.sub(r" [<>] ", " ", bare)), line
        assert not re.search(r"[!\[\]@~]", bare), line
        assert len(line) < 5000
        if line.startswith("#"):
            assert re.match(r"#{1,2} (NO DATA|FAIL|Findings|Objectives|Endpoints|Checks|Failures|Workers|Notes)", line)
        else:
            assert "#" not in bare
        if line.startswith("|"):
            assert bare.count("|") in (4, 5, 9, 10)


def test_markdown() -> None:
    text = text_of("markdown")
    harmless(text)
    assert len(text.encode()) <= markdown.MAX_BYTES


def test_github() -> None:
    run, verdict, _ = judged()
    harmless(github.summary(run, verdict))
    found = [parsed(command) for command in github.annotations(run, verdict)]
    assert {kind for kind, *_ in found} == {"error", "warning"}
    for command in github.annotations(run, verdict):
        assert "\n" not in command
        assert "\r" not in command
        assert command.count("::") >= 2
    for _, properties, message in found:
        assert set(properties) <= {"title", "file", "line"}
        assert not UNSEEN.search(message + "".join(properties.values()))


def test_console() -> None:
    text = console.render(*judged()[:2])
    assert not UNSEEN.search(text)
    for line in text.splitlines():
        assert not line.strip().startswith("::")
        assert "##[" not in line


def test_html() -> None:
    page = pytest.importorskip("slo.reports.html")
    text = page.render(*judged()[:2])
    assert not UNSEEN.search(text)
    sane = importlib.import_module("tests.support.made").requests(20)
    plain = page.render(sane, judge(sane, demanding("indicator: latency.p95, target: 1 s")))

    class Tags(html.parser.HTMLParser):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.found: set[str] = set()
            self.scripts = 0
            self.feed(text)

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.scripts += tag == "script"
            self.found |= {f"{tag} {name}" for name, _ in attrs if name.startswith("on")}
            self.found |= {f"{tag} {value}" for name, value in attrs if (value or "").startswith("javascript:")}

    assert not Tags(text).found
    assert Tags(text).scripts == Tags(plain).scripts
