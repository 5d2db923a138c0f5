"""The slowest requests with their traces: kept within bounds, added in any order, shown and linked harmlessly."""

from __future__ import annotations

import html.parser
import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slo.cluster.clock import ClockOffset
from slo.cluster.delta_log import DeltaLog
from slo.cluster.delta_sender import DeltaSender
from slo.measure.listener import listeners, slow_listener
from slo.measure.recorder import Recorder
from slo.metrics.endpoint import endpoint_id
from slo.metrics.tally import OTHER
from slo.record import journal
from slo.record.history import MAX_ENDPOINTS
from slo.record.journal import Journal
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.record.slowest import MAX_PER_ENDPOINT, SlowestRequests, SlowRequest
from slo.reports import html as page
from slo.reports import markdown, rows
from slo.text import schemas
from slo.verdict.judge import judge
from tests.support.hostile import NAMES, UNSEEN
from tests.support.made import Clock, demanding, made
from tests.support.slow import TEMPLATE, advice_for, kept, slow, slows, small, trace, traced_run


@given(st.lists(slows, max_size=25), st.lists(slows, max_size=25), st.lists(slows, max_size=25))
def test_adding_is_associative_commutative_and_idempotent(
    a: list[SlowRequest], b: list[SlowRequest], c: list[SlowRequest]
) -> None:
    whole = kept([*a, *b, *c])
    assert kept(list(kept(a, b)), c) == kept(a, list(kept(b, c))) == whole
    assert kept(c, b, a) == kept(a, b, c, a) == whole


@given(st.lists(slows, max_size=60))
def test_what_is_kept_are_the_largest(given_: list[SlowRequest]) -> None:
    groups: dict[Any, list[float]] = {}
    for one in set(given_):
        groups.setdefault((one.endpoint, one.stage, one.at_ms >= 10), []).append(one.latency_ms)
    largest = sorted((value for group in groups.values() for value in sorted(group)[-2:]), reverse=True)[:5]
    assert [one.latency_ms for one in kept(given_)] == largest


@given(st.lists(st.lists(slows, max_size=10), max_size=8))
def test_what_is_fresh_is_enough_for_whoever_adds_it(parts: list[list[SlowRequest]]) -> None:
    mine, theirs = small(), small()
    for part in parts:
        mine.update(part)
        theirs.update(mine.take_new())
    assert theirs.items() == mine.items()
    assert mine.take_new() == []


def test_memory_stays_bounded_whatever_comes() -> None:
    found = SlowestRequests(max_total=50)
    for number in range(1, 2000):
        found.add(slow(number, float(number), endpoint=f"e{number}"))
    assert len(found._kept) <= 101
    assert [one.latency_ms for one in found.items()] == [float(number) for number in range(1999, 1949, -1)]


def tell(listen: Any, name: str, latency_ms: Any, context: Any) -> None:
    listen(request_type="GET", name=name, response_time=latency_ms, response_length=1, context=context)


def test_the_recorder_s_slowest_are_those_that_were() -> None:
    clock = Clock()
    recorder, found = Recorder(None, clock), SlowestRequests()
    count, keep = listeners(recorder)[0], slow_listener(recorder, found)
    latencies = [Random(7).uniform(1, 900) for _ in range(3000)]
    for number, latency_ms in enumerate(latencies, 1):
        clock.now += 0.01
        for listen in (count, keep):
            tell(listen, "a", latency_ms, {"trace_id": trace(number)})
            tell(listen, "untraced", latency_ms * 2, {})
    best = sorted(enumerate(latencies, 1), key=lambda pair: -pair[1])[:MAX_PER_ENDPOINT]
    assert [(one.trace_id, one.latency_ms) for one in found.items()] == [(trace(n), round(ms, 3)) for n, ms in best]
    assert {one.endpoint for one in found.items()} == {endpoint_id("GET", "a")}
    assert [one.at_ms for one in found.items()] == [n * 10 for n, _ in best]


def test_what_has_no_latency_is_not_among_the_slowest_and_names_are_capped() -> None:
    recorder, found = Recorder(None, Clock()), SlowestRequests()
    count, keep = listeners(recorder)[0], slow_listener(recorder, found)
    for latency_ms in (None, float("nan"), float("inf"), -5.0, "slow"):
        tell(keep, "odd", latency_ms, {"trace_id": trace(1)})
    assert found.items() == ()
    for number in range(MAX_ENDPOINTS + 20):
        for listen in (count, keep):
            tell(listen, f"e{number}", 5.0, {"trace_id": trace(number + 1)})
    assert sum(one.endpoint == OTHER for one in found.items()) == MAX_PER_ENDPOINT


def books(**announced: Any) -> DeltaSender:
    word = {"id": "r", "plan": None, "started_at_s": 0.0, "elapsed_s": 0.0, "shares": (0.0, []), **announced}
    return DeltaSender(word, ClockOffset(), Clock())


def test_a_worker_tells_its_slowest_and_twice_is_once() -> None:
    one, other, whole = books(warmup_ends_ms=[500]), books(), SlowestRequests([500])
    ledger = DeltaLog("r", whole)
    assert "slowest" not in one.report()["deltas"][0]
    one.slowest.update([slow(n, float(n), at_ms=600 if n > 4 else 0) for n in range(1, 9)])
    other.slowest.update([slow(n, float(n)) for n in range(100, 104)])
    for name, worker in (("one", one), ("other", other), ("one", one)):
        for delta in worker.report()["deltas"]:
            ledger.apply(name, json.loads(json.dumps(delta)))
    expected = SlowestRequests([500])
    expected.update([*one.slowest.items(), *other.slowest.items()])
    assert whole.items() == expected.items()
    assert len(whole.items()) == 9  # five before the warm-up's end, four after it


def test_a_killed_process_leaves_its_slowest(tmp_path: Path) -> None:
    head = made(lambda recorder, clock: recorder.request("a", 1, 1)).to_data()
    head.pop("intervals")
    kept_ = Journal(tmp_path, {**head, "intervals": []})
    kept_.append_slow([slow(1, 10.0), slow(2, 30.0)])
    kept_.append_slow([slow(3, 20.0)])
    kept_.close()
    assert [one.latency_ms for one in journal.recover(tmp_path).slowest] == [30.0, 20.0, 10.0]


def test_the_record_keeps_them_and_its_schema_knows_them() -> None:
    run = traced_run(slow(1, 900.5), replace(slow(2, 3.0), status=503, failure="HTTP 503"))
    data = json.loads(json.dumps(run.to_data()))
    Draft202012Validator(schemas.load("run")).validate(data)
    assert Run.from_data(data).slowest == run.slowest
    assert "slowest" not in traced_run().to_data()
    for wrong in ("x" * 32, "0" * 32, '"><script>'):
        data["slowest"][0]["trace_id"] = wrong
        with pytest.raises(RunError, match="trace_id"):
            Run.from_data(data)


def test_a_missed_latency_leads_to_the_traces_of_its_endpoint() -> None:
    run = traced_run(
        *(slow(n, 1000.0 - n, at_ms=100 * n) for n in range(1, 6)),
        slow(9, 950.0, endpoint="b", at_ms=7000),
        replace(slow(10, 940.0, endpoint="b", at_ms=8000), failure="timeout"),
    )
    assert [line[6:38] for line in advice_for(run, "indicator: latency.p95, target: 100 ms")] == list(
        map(trace, (1, 2, 3))
    )
    only_b = advice_for(run, "indicator: latency.p95, target: 100 ms, endpoint: b")
    assert only_b == [
        f"Trace {trace(9)}: 950 ms at b, 7.0 s into the run (ok).",
        f"Trace {trace(10)}: 940 ms at b, 8.0 s into the run (timeout).",
    ]
    assert len(advice_for(run, "indicator: latency.p95, target: 100 ms, endpoint: b, of: ok")) == 1
    assert advice_for(run, "indicator: latency.p95, target: 5 s") == []
    assert advice_for(run, "indicator: throughput.rps, target: 9000 rps") == []


def test_a_warm_up_is_not_led_to() -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for _ in range(10):
            recorder.request("a", 900, 10)
            clock.now += 1

    run = made(fill, slowest=(slow(1, 990.0, at_ms=1000), slow(2, 900.0, at_ms=6000)))
    (line,) = advice_for(run, "indicator: latency.p95, target: 100 ms, warmup: 5 s")
    assert trace(2) in line
    assert len(advice_for(run, "indicator: latency.p95, target: 100 ms")) == 2


class Links(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]


def test_reports_lead_to_the_traces() -> None:
    run = traced_run(slow(1, 1000.0), slow(2, 900.0, endpoint="b"), options={"trace_url": TEMPLATE})
    verdict = judge(run, demanding("indicator: latency.p95, target: 100 ms"))
    urls = [TEMPLATE.replace("{trace_id}", trace(number)) for number in (1, 2)]
    links = [link for link in Links(page.render(run, verdict)).found if link.startswith("https://tempo")]
    assert links == [*urls, *urls]  # from the advice, and from the table
    text = markdown.render(run, verdict)
    assert [f"[{trace(n)}](<{url}>)" in text for n, url in enumerate(urls, 1)] == [True, True]
    plain = replace(run, options={})
    assert "tempo" not in page.render(plain, verdict) + markdown.render(plain, verdict)
    assert trace(1) in page.render(plain, verdict)


def test_each_endpoint_shows_its_slowest_only() -> None:
    many = [slow(n, 1000.0 - n, stage=f"s{n % 3}") for n in range(1, 12)]
    shown = rows.slowest(traced_run(*many, slow(50, 1.0, endpoint="b")))
    assert [cells[-1] for cells in shown] == [*map(trace, range(1, MAX_PER_ENDPOINT + 1)), trace(50)]


def test_hostile_names_ids_and_urls_stay_text() -> None:
    names = [*NAMES, '"><a href="javascript:alert(1)">']
    hostile = [SlowRequest(name, name, name, 0, 2.0, 503, name) for name in names]
    hostile += [replace(one, trace_id=trace(number)) for number, one in enumerate(hostile, 1)]
    for number, url in enumerate(
        (*(f"https://t.example/{name}/{{trace_id}}" for name in names), "javascript:{trace_id}")
    ):
        run = traced_run(slow(99), *hostile, options={"trace_url": url})
        verdict = judge(run, demanding("indicator: latency.p95, target: 100 ms"))
        text = markdown.render(run, verdict)
        assert not UNSEEN.search(text)
        section = text.partition("## Slowest requests")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        assert len(lines) == 2 + len(run.slowest)
        for line in lines:
            bare = re.sub(r"\\.", "", line)
            assert bare.count("|") == 7
            if "etc/passwd" not in url:
                assert not re.search(r"[\[\]<>`!]", bare), line
        if number in (0, len(names)):
            html_ = page.render(run, verdict)
            assert not UNSEEN.search(html_)
            assert all(link.startswith("#") for link in Links(html_).found)
            assert trace(99) in html_
