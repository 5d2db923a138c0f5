"""What Prometheus is told of a run: counts to the last one, buckets that hold what they say, bounded in size."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from slo.cluster.process_status import ProcessStatus
from slo.measure.recorder import Recorder
from slo.metrics.histogram import bucket_bounds, bucket_of
from slo.objectives.objectives import load
from slo.prometheus.collector import RunCollector
from slo.prometheus.latency_buckets import bounds_us, native_index
from slo.prometheus.run_state import run_state
from slo.record.run import Run
from slo.verdict.judge import judge
from tests.support.made import Clock, demanding, made
from tests.support.methods import two_methods
from tests.support.processes import ROOT

OPEN = "application/openmetrics-text; version=2.0.0"
open_families: Any = openmetrics.text_string_to_metric_families
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
HOTEL = load(ROOT / "slo" / "hotel.yaml")


def busy(endpoints: Sequence[str], kinds: int = 3) -> Run:
    """Return a run with good, failed and throttled requests and three checks at each endpoint."""

    def fill(recorder: Recorder, clock: Clock) -> None:
        for number, endpoint in enumerate(endpoints):
            for step in range(20):
                recorder.request(endpoint, 1.5**step + number, 10)
                for check in ("expected answer", "response under 5 s", "body not empty"):
                    recorder.check(endpoint, check, step % 7 != 0)
            for kind in range(kinds):
                recorder.failure(endpoint, 30, 5, f"HTTP 5{kind:02}")
            recorder.throttled(endpoint, 2, 1)
        clock.now += 10

    return made(fill)


def told(run: Run, accept: str = "", objectives: Any = HOTEL) -> str:
    """Return the exposition of ``run`` once it has ended."""
    exposition = RunCollector(objectives)
    exposition.begin(run.scenario or "")
    for interval in run.intervals:
        exposition.add(interval.tallies())
    verdict = judge(run, objectives) if objectives else None
    exposition.run_state = run_state(run, verdict, None, [ProcessStatus("this process", "stopped", 0, 0.5, 12.0)])
    return exposition.text(accept)[0].decode()


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[f"locust_slo_{name}", frozenset(labels.items())]


def test_counts_are_those_of_the_record() -> None:
    run = busy(["home", "search"])
    found = samples(told(run))
    for endpoint in run.endpoints:
        tally, of = run.tally(endpoint.__eq__), {"scenario": "load", "endpoint": endpoint, "method": ""}
        assert value(found, "requests_total", **of) == tally.requests == 24
        assert value(found, "throttled_total", **of) == 1
        assert value(found, "response_bytes_total", **of) == tally.bytes
        assert value(found, "latency_seconds_count", **of) == tally.latency.total
        assert value(found, "latency_seconds_sum", **of) == pytest.approx(tally.latency.sum_us / 1e6)
        for kind, count in tally.failures.items():
            assert value(found, "failures_total", **of, kind=kind) == count
        for name, (passed, failed) in tally.checks.items():
            assert value(found, "checks_total", **of, check=name, result="passed") == passed
            assert value(found, "checks_total", **of, check=name, result="failed") == failed


def test_objectives_are_told_in_base_units_with_one_status_each() -> None:
    objectives = demanding(
        'name: fast, indicator: latency.p95, target: "3000 ms", warning: "2500 ms", priority: P0',
        'name: sound, indicator: errors.ratio, target: "1 %"',
    )
    found = samples(told(busy(["home"]), objectives=objectives))
    fast = {"objective": "fast", "indicator": "latency.p95", "priority": "P0", "unit": "seconds"}
    assert value(found, "objective_target", **fast) == 3.0
    assert value(found, "objective_warning", **fast) == 2.5
    assert 1.0 < value(found, "objective_value", **fast) < 2.5
    sound = {"objective": "sound", "indicator": "errors.ratio", "priority": "P1", "unit": "ratio"}
    assert value(found, "objective_value", **sound) == pytest.approx(4 / 24)
    states = {
        (dict(labels)["objective"], dict(labels)["status"]): found[name, labels]
        for name, labels in found
        if name == "locust_slo_objective_status"
    }
    assert {key for key, one in states.items() if one} == {("fast", "PASS"), ("sound", "FAIL")}
    assert len(states) == 12
    assert value(found, "verdict", status="FAIL") == 1.0
    assert value(found, "endpoint_info", endpoint="home", group="pages") == 1.0


def test_every_target_of_a_latency_is_a_bound() -> None:
    text = told(busy(["home"]))
    bounds = {dict(labels)["le"] for name, labels in samples(text) if name == "locust_slo_latency_seconds_bucket"}
    for objective in HOTEL.items:
        if objective.indicator.kind == "latency" and objective.against == "target":
            assert str(float(objective.target / 1000)) in bounds
    assert len(bounds) <= 20


@pytest.mark.parametrize("many", [1, 9, 12, 40])
def test_of_many_objectives_the_targets_stay_bounds(many: int) -> None:
    items = (
        f'name: o{n}, indicator: latency.p95, target: "{n + 2}11 ms", warning: "{n + 1}22 ms"' for n in range(many)
    )
    found = bounds_us(demanding(*items).items)
    targets = {(n + 2) * 100_000 + 11_000 for n in range(many)}
    assert targets <= set(found)
    assert len(found) <= max(20, many)
    assert many < 20 or set(found) == targets


@pytest.mark.slow
@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=60))
def test_buckets_hold_what_they_say(latencies_us: list[int]) -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for latency_us in latencies_us:
            recorder.request("home", latency_us / 1000, 1)
        clock.now += 1

    run = made(fill)
    family = next(
        f for f in open_families(told(run, "application/openmetrics-text; version=1.0.0")) if "latency" in f.name
    )
    classic = {float(s.labels["le"]): s.value for s in family.samples if s.name.endswith("_bucket")}
    # A latency counts as the largest value of its own bucket, less than 0.1 % above it.
    counted = [bucket_bounds(bucket_of(latency_us))[1] for latency_us in latencies_us]
    for bound_s, count in classic.items():
        assert count == sum(1 for high_us in counted if high_us <= bound_s * 1e6 + 1e-6)
    assert classic[math.inf] == len(latencies_us)


@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=60))
def test_native_buckets_are_at_most_a_fortieth_wide(latencies_us: list[int]) -> None:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for latency_us in latencies_us:
            recorder.request("home", latency_us / 1000, 1)
        clock.now += 1

    line = next(
        line
        for line in told(made(fill), OPEN).splitlines()
        if line.startswith("locust_slo_latency_seconds{") and "schema" in line
    )
    assert unrolled(line) == Counter(native_index(bucket_bounds(bucket_of(one))[1]) for one in latencies_us)
    for latency_us in latencies_us:
        upper_us = 2 ** (native_index(latency_us) / 32) * 1e6
        assert upper_us / 1.0225 < latency_us <= upper_us * (1 + 1e-12)


def unrolled(line: str) -> Counter[int]:
    """Return the counts of a native histogram by index, from its spans and deltas."""
    inside = line.rpartition("{")[2].rstrip("}")
    spans = [tuple(map(int, one.split(":"))) for one in inside.split("positive_spans:[")[1].split("]")[0].split(",")]
    deltas = [int(one) for one in inside.split("positive_deltas:[")[1].split("]")[0].split(",")]
    found, index, count = Counter[int](), 0, 0
    for offset, length in spans:
        index += offset
        for _ in range(length):
            count += deltas.pop(0)
            found[index] = count
            index += 1
    assert not deltas
    return found


def test_native_histograms_are_for_those_who_can_read_them() -> None:
    run = busy(["home"])
    assert "schema:5" in told(run, OPEN)
    for accept in ("", "text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"):
        assert "schema" not in told(run, accept)
    list(open_families(told(run, "application/openmetrics-text;version=1.0.0")))
    assert "schema" not in told(
        run, "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=2.0.0"
    )


def test_prometheus_clients_own_parser_reads_native_histograms() -> None:
    run = busy(["home"])
    found = [
        sample.native_histogram
        for family in open_families(told(run, OPEN))
        for sample in family.samples
        if sample.native_histogram is not None
    ]
    assert [(one.count_value, one.schema) for one in found] == [(run.tally().latency.total, 5)]


@pytest.mark.parametrize("version", ["abc", "2.x", "", "-1", "2.0.0.", "\u00b2"])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
def test_who_asks_for_a_version_that_is_none_gets_the_plain_format(kind: str, version: str) -> None:
    run = busy(["home"])
    assert told(run, f"{kind}; version={version}") == told(run)


def test_fifty_endpoints_stay_below_200_kb_and_kinds_are_bounded() -> None:
    text = told(busy([f"endpoint_{number:02}" for number in range(50)], kinds=3), OPEN)
    assert len(text.encode()) < 200_000
    many = samples(told(busy(["home"], kinds=60)))
    kinds = [labels for name, labels in many if name == "locust_slo_failures_total"]
    assert len(kinds) <= 21
    assert sum(many["locust_slo_failures_total", labels] for labels in kinds) == 60


def test_what_is_hostile_in_names_is_escaped() -> None:
    text = told(busy(['a"b\\c d{e="f"}']))
    assert value(samples(text), "requests_total", scenario="load", endpoint='a"b\\c d{e="f"}', method="") == 24


def test_before_the_first_run_there_is_no_run() -> None:
    exposition = RunCollector(HOTEL)
    exposition.run_state = run_state(None, None, None, [])
    found = samples(exposition.text("")[0].decode())
    assert value(found, "running") == 0
    assert value(found, "verdict", status="NO DATA") == 1
    assert not any("requests_total" in name for name, _ in found)


def test_a_new_run_begins_at_nought() -> None:
    run = busy(["home"])
    exposition = RunCollector(None)
    for _ in range(2):
        exposition.begin("load")
        for interval in run.intervals:
            exposition.add(interval.tallies())
    assert (
        value(samples(exposition.text("")[0].decode()), "requests_total", scenario="load", endpoint="home", method="")
        == 24
    )


def test_without_objectives_there_are_the_usual_bounds() -> None:
    assert len(bounds_us(())) == 11
    assert "objective" not in told(busy(["home"]), objectives=None)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian: prometheus) is not installed")
def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=told(busy(["home", "b"])), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_methods_of_one_name_have_metrics_of_their_own() -> None:
    exposition = RunCollector(None)
    exposition.begin("load")
    for interval in two_methods().intervals:
        exposition.add(interval.tallies())
    found = samples(exposition.text("")[0].decode())
    for method in ("GET", "POST"):
        assert value(found, "requests_total", scenario="load", endpoint="/x", method=method) == 40
        assert value(found, "latency_seconds_count", scenario="load", endpoint="/x", method=method) == 40
