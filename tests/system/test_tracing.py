"""Traces of real requests: what the target got is what the collector and the record hold."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from slo.record.run import Run
from slo.record.slowest import SlowRequest
from tests.support.cluster import own_port
from tests.support.processes import A_FEW, ROOT, Demo, Finished, locust
from tests.support.traces import Collector, Target, attributes

LOCUSTFILE = ROOT / "tests" / "locustfiles" / "traced.py"
OWN = "000000000000000000000000000000aa"
OTLP = {
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_SERVICE_NAME": "guests",
}
CLIENTS = ("Lean", "Fast", "Plain")


def visit(
    folder: Path, target: Target, *words: object, env: Mapping[str, str] | None = None, users: int = 3
) -> Finished:
    """Let guests ask the target for four seconds."""
    words = ("-f", LOCUSTFILE, "-H", target.url, "-u", users, "-r", users, "-t", "4s", *words)
    done = locust(folder / "reports", *words, env=env)
    assert "Traceback" not in done.out + done.err, done.out + done.err
    return done


def slow_of(run: Run, endpoint: str) -> list[str]:
    """Return the trace ids of the endpoint's slowest requests."""
    return [one.trace_id for one in slow_requests(run, endpoint)]


def slow_requests(run: Run, endpoint: str) -> list[SlowRequest]:
    return [one for one in run.slowest if run.endpoint_names.shown(one.endpoint) == endpoint]


def holds_what_the_target_saw(run: Run, target: Target) -> None:
    """The slowest requests in the record are those that the target let wait, by the ids that it got."""
    for who in CLIENTS:
        asked = target.of("/ask", who)
        longest, long = ({one.ids[0] for one in asked if one.ms == ms} for ms in (250, 150))
        assert longest, asked
        assert long, asked
        slow = slow_of(run, f"{who} ask")
        # On a busy machine a quick answer may be read late, and be among the slowest: one or two of them.
        assert len(longest - set(slow[: len(longest) + 2])) == 0
        assert len(long - set(slow[: len(longest) + len(long) + 2])) <= 1
        assert set(slow_of(run, f"{who} ask")) <= {one.ids[0] for one in asked}
        kept = {one.ids[0] for one in target.of("/own", who)}  # requests' own instrumentation puts a span's there
        assert set(slow_of(run, f"{who} own")) <= kept
        assert who == "Plain" or kept == {OWN}
        failed = slow_requests(run, f"{who} fail")
        assert {one.trace_id for one in failed} <= {one.ids[0] for one in target.of("/fail", who)}
        assert {(one.status, one.failure) for one in failed} == {(503, "no room")}


@pytest.mark.slow
def test_without_opentelemetry_each_request_carries_a_trace_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "opentelemetry.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    with Target() as target:
        done = visit(tmp_path, target, "--trace-context", env={"PYTHONPATH": f"{tmp_path}/hidden:{ROOT}"})
    holds_what_the_target_saw(done.run, target)
    sent = [one.ids for one in target.asked if one.path != "/own"]
    assert len({trace_id for trace_id, _ in sent}) == len(sent) > 20
    assert len({span_id for _, span_id in sent}) == len(sent)
    refused = slow_requests(done.run, "Lean refused")
    assert {(one.status, one.failure) for one in refused} == {(None, "connection refused")}


@pytest.mark.slow
def test_with_otel_each_request_is_a_span_and_the_target_is_told_of_it(tmp_path: Path) -> None:
    with Target() as target, Collector() as collector:
        done = visit(tmp_path, target, "--otel", env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **OTLP})
    holds_what_the_target_saw(done.run, target)
    spans = {span.span_id.hex(): span for span in collector.spans}
    visits = {span.span_id: span for span in collector.spans if span.name.startswith("visit ")}
    for who in CLIENTS:
        for one in target.of("/ask", who):
            trace_id, span_id = one.ids
            span = spans.get(span_id)
            assert span is not None, (one, done.out + done.err)
            assert (span.name, span.trace_id.hex(), span.kind) == (f"GET {who} ask", trace_id, span.SPAN_KIND_CLIENT)
            assert visits[span.parent_span_id].trace_id == span.trace_id
            assert visits[span.parent_span_id].name == f"visit {who}"
    lean = [spans[one.ids[1]] for one in target.of("/ask", "Lean")]
    port = int(target.url.rsplit(":", 1)[1])
    assert attributes(lean[0]) == {
        "http.request.method": "GET",
        "url.full": f"{target.url}/ask?who=Lean&ms=0&token=***",
        "server.address": "127.0.0.1",
        "server.port": port,
        "http.response.status_code": 200,
    }
    for who in ("Lean", "Fast"):
        failed = spans[target.of("/fail", who)[0].ids[1]]
        assert failed.name == f"POST {who} fail"
        assert attributes(failed)["http.response.status_code"] == 503
        assert attributes(failed)["error.type"] == "503"
        assert failed.status.code == failed.status.STATUS_CODE_ERROR
    refused = next(span for span in collector.spans if span.name == "GET Lean refused")
    assert attributes(refused)["error.type"] == "ConnectionRefusedError"
    assert "http.response.status_code" not in attributes(refused)
    assert "geheim" not in str([span for span in collector.spans if " Plain " not in span.name])


@pytest.mark.slow
def test_without_either_no_request_carries_anything(tmp_path: Path) -> None:
    with Target() as target:
        done = visit(tmp_path, target)
    assert {one.header for one in target.asked if one.path != "/own"} == {""}
    assert done.run.slowest == ()
    assert "trace_context" not in done.run.options


@pytest.mark.slow
def test_the_slowest_of_two_workers_are_those_of_all(tmp_path: Path) -> None:
    with Target() as target:
        done = visit(tmp_path, target, "--trace-context", "--processes", 2, *own_port(), users=6)
    assert len(done.run.workers) == 2
    holds_what_the_target_saw(done.run, target)


def docs(language: str) -> list[str]:
    """Return the examples of docs/tracing.md in ``language``."""
    text = (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_command_of_the_docs_exports_the_hotel_s_spans(tmp_path: Path) -> None:
    command = next(block for block in docs("sh") if "--otel" in block)
    given, words = command.split(" .venv/bin/locust ")
    with Collector() as collector:
        env = {
            **OTLP,
            **dict(word.split("=", 1) for word in given.replace("http://localhost:4318", collector.url).split()),
        }
        own = [word for word in shlex.split(words) if word != "--headless"]
        done = locust(tmp_path / "reports", *own, "--time-scale", "0.02", env=env)
    assert done.worked, done.out + done.err
    assert {"GET health_live", "GET health_ready"} <= {span.name for span in collector.spans}
    assert len(done.run.slowest) > 0
    assert {one.trace_id for one in done.run.slowest} <= {span.trace_id.hex() for span in collector.spans}


@pytest.mark.slow
def test_the_locustfile_of_the_docs_has_a_journey_s_requests_in_its_trace(demo: Demo, tmp_path: Path) -> None:
    listener, journey = docs("python")
    file = tmp_path / "own.py"
    file.write_text(journey + listener.replace("> 1000", ">= 0"), encoding="utf-8")
    words = ("-f", file, "-H", demo.url, "-u", 1, *A_FEW, "--otel")
    with Collector() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **OTLP}
        done = locust(tmp_path / "reports", *words, env=env)
    journeys = {span.span_id: span.trace_id for span in collector.spans if span.name == "journey"}
    below = [span for span in collector.spans if span.parent_span_id in journeys]
    assert {span.name for span in below} == {"GET /health/live", "GET /health/ready"}
    assert all(journeys[span.parent_span_id] == span.trace_id for span in below)
    told = set(re.findall(r"^/health/\w+ ([0-9a-f]{32})$", done.out, re.MULTILINE))
    assert told <= {span.trace_id.hex() for span in below}
    broken_off = {span.trace_id.hex() for span in below} - told
    assert len(broken_off) <= 1 < len(told)  # Locust ends the user in the middle of a request


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--trace-context", "--trace-url", "javascript:{trace_id}"), "--trace-url cannot be 'javascript:{trace_id}'"),
        (("--trace-url", "https://t.example/{trace_id}"), "add --trace-context"),
    ],
)
def test_a_wrong_option_is_no_verdict_and_says_what_to_do(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = locust(tmp_path / "reports", "-f", LOCUSTFILE, "-H", "http://127.0.0.1:9", *A_FEW, *words)
    assert done.code == 3
    assert said in done.err
    assert "Traceback" not in done.err
