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
from slo.tracing import trace_link
from slo.tracing.traced import ContextTracer, trace_id_of, traced_request
from slo.tracing.traceparent import HEADER, TraceIds, is_trace_id, trace_id_in
from slo.verdict.judge import judge
from tests.support.hostile import NAMES, UNSEEN
from tests.support.made import Clock, demanding, made

TEMPLATE = "https://tempo.example/trace/{trace_id}?org=1&x=a%7Bb"


def trace(number: int) -> str:
    return f"{number:032x}"


def slow(number: int, latency_ms: float = 1.0, endpoint: str = "a", stage: str = "run", at_ms: int = 0) -> SlowRequest:
    return SlowRequest(trace(number), endpoint, stage, at_ms, latency_ms)


slows = st.builds(
    SlowRequest,
    st.integers(1, 30).map(trace),
    st.sampled_from("ab"),
    st.sampled_from(["ramp", "hold"]),
    st.integers(0, 20),
    st.sampled_from([1.0, 2.0, 2.5, 3.0, 9.0]),
    st.sampled_from([None, 200, 503]),
    st.sampled_from([None, "timeout"]),
)


def kept(*parts: list[SlowRequest]) -> tuple[SlowRequest, ...]:
    """Return what is kept of parts that are first kept by themselves, as workers do."""
    whole = small()
    for part in parts:
        own = small()
        own.update(part)
        whole.update(own.items())
    return whole.items()


def small() -> SlowestRequests:
    return SlowestRequests(warmup_ends_ms=(10,), max_per_endpoint=2, max_total=5)


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


def test_each_context_is_another_and_valid() -> None:
    ids = TraceIds()
    made_ = [ids.context() for _ in range(1000)]
    assert len({trace_id for trace_id, _ in made_}) == 1000
    for trace_id, header in made_:
        assert trace_id_in({HEADER: header}) == trace_id
        assert header[-3:] == "-01"
    assert TraceIds().context() != TraceIds().context()


@pytest.mark.parametrize("text", ["0" * 32, "A" * 32, "a" * 31, "a" * 33, f"{'a' * 32}\n", "", None, 3])
def test_what_is_no_trace_id_is_not_taken_for_one(text: object) -> None:
    assert not is_trace_id(text)
    assert trace_id_in({HEADER: f"00-{text}-{'b' * 16}-01"}) is None
    with pytest.raises(ValueError, match="trace_id"):
        SlowRequest.from_data({**slow(1).to_data(), "trace_id": text})


def test_a_header_is_found_however_it_is_spelt() -> None:
    value = f"00-{'a' * 32}-{'b' * 16}-01"
    assert trace_id_in({"TraceParent": value}) == trace_id_in({b"traceparent": value.encode()}) == "a" * 32
    assert trace_id_in({"x": value}) is trace_id_in(None) is trace_id_of(None, None) is None


class Client:
    request_name = None

    def request(
        self, method: str, url: str, name: str | None = None, data: Any = None, headers: Any = None, context: Any = None
    ) -> Any:
        return method, url, name, data, headers, context

    carried = traced_request(request, ContextTracer())


def test_what_a_request_was_given_reaches_the_client_with_the_context_added() -> None:
    *same, headers, context = Client().carried("POST", "/x", "x", b"body", {"a": "b"}, {"guest": 1})
    assert same == ["POST", "/x", "x", b"body"]
    assert headers == {"a": "b", HEADER: headers[HEADER]}
    assert context == {"guest": 1, "trace_id": trace_id_in(headers)}
    again = Client().carried("POST", "/x", data=b"body", headers={"a": "b"})
    assert again[3] == b"body"
    assert trace_id_in(again[4]) != trace_id_in(headers)
    own = {"Traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}
    assert Client().carried("GET", "/x", headers=own)[4:] == (own, {"trace_id": "a" * 32})


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
    assert {one.endpoint for one in found.items()} == {"a"}
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


def traced_run(*found: SlowRequest, **fields: Any) -> Run:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for endpoint in ("a", "b"):
            for _ in range(50):
                recorder.request(endpoint, 900, 10)
        clock.now += 10

    return made(fill, slowest=found, **fields)


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


def advice_for(run: Run, line: str) -> list[str]:
    (result,) = judge(run, demanding(line)).results
    return [sentence for sentence in result.advice if sentence.startswith("Trace ")]


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


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("https://t.example/", "no {trace_id}"),
        ("javascript:alert(1)//{trace_id}", "character that must be encoded"),
        ("javascript:alert//{trace_id}", "http:// or https://"),
        ("//t.example/{trace_id}", "http:// or https://"),
        ("https://{trace_id}.example/", "host"),
        ("https://t.example:x/{trace_id}", "host"),
        ("https:///{trace_id}", "host"),
        ("https://u:p@t.example/{trace_id}", "password or a token"),
        ("https://t.example/{trace_id}?api_key=1", "password or a token"),
        ('https://t.example/"onload=x/{trace_id}', "character that must be encoded"),
        ("https://t.example/<b>/{trace_id}", "character that must be encoded"),
        ("https://t.example/a b/{trace_id}", "character that must be encoded"),
        ("https://t.example/{x}/{trace_id}", "character that must be encoded"),
        ("https://t.example/)[x](/{trace_id}", "character that must be encoded"),
        ("https://t.example/{trace_id}" + "x" * 3000, "longer than"),
    ],
)
def test_a_url_that_is_none_is_refused_with_what_is_allowed(template: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"like https://tempo") as caught:
        trace_link.validated(template)
    assert words in str(caught.value)
    assert trace_link.link(template, trace(1)) is None


def test_a_url_leads_to_the_trace() -> None:
    assert trace_link.link(TEMPLATE, trace(255)) == TEMPLATE.replace("{trace_id}", trace(255))
    assert trace_link.link(TEMPLATE, "x") is trace_link.link(None, trace(1)) is None


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
