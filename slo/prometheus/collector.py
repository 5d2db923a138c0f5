"""The metrics of a run for Prometheus: its counts so far and the status of its objectives.

Names and units follow https://prometheus.io/docs/practices/naming/: seconds, ratios, bytes. Counts are cumulated
as they arrive, so that a scrape costs the same after an hour as after a minute. ``collect`` is the interface of
prometheus_client. Pure except for the counts that were added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from slo.analysis.endpoint_filter import matches
from slo.cluster.process_status import ProcessStatus
from slo.metrics.endpoint import method_and_name
from slo.metrics.quantity import Unit
from slo.metrics.tally import OTHER, Tally
from slo.objectives.objectives import Objectives
from slo.prometheus.latency_buckets import (
    BucketIndex,
    Latency,
    bounds_us,
    native_histogram,
)
from slo.prometheus.run_state import RunState
from slo.text.version import __version__
from slo.verdict.result import RANK, Status
from slo.verdict.verdict import Verdict

NAMESPACE = "locust_slo"
MAX_KINDS = 20
"""Kinds of failure of one endpoint; the rarer ones are counted together."""
_VERSION = re.compile(r"\bversion\s*=\s*([^;,]*)")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)*\s*")
_UNITS: Mapping[Unit, tuple[str, float]] = {
    "ms": ("seconds", 1000.0),
    "s": ("seconds", 1.0),
    "ratio": ("ratio", 1.0),
    "rps": ("per second", 1.0),
    "count": ("requests", 1.0),
    "users": ("users", 1.0),
    "%/h": ("percent per hour", 1.0),
}


class RunCollector(Collector):
    """Counts of the running run, or of the last one, and the run's state for Prometheus."""

    def __init__(self, objectives: Objectives | None) -> None:
        self._objectives = objectives
        self.bounds_us = bounds_us(objectives.items if objectives else ())
        self._buckets = BucketIndex(self.bounds_us)
        self.run_state = RunState()
        self._judged: tuple[tuple[str, Verdict | None], bytes] | None = None
        self._scenario = ""
        self._tallies: dict[str, Tally] = {}
        self._latencies: dict[str, Latency] = {}

    def begin(self, scenario: str) -> None:
        """Begin a run: all counters are 0 again."""
        self._scenario = scenario
        self._tallies = {}
        self._latencies = {}

    def add(self, tallies: Iterable[tuple[str, Tally]]) -> None:
        """Add what one interval counted, by endpoint id."""
        for endpoint, tally in tallies:
            whole = self._tallies.setdefault(endpoint, Tally())
            latency = self._latencies.setdefault(endpoint, Latency([0] * (len(self.bounds_us) + 1)))
            latency.add(tally.ok, self._buckets)
            latency.add(tally.failed, self._buckets)
            # The latencies are kept above, in fewer buckets; the rest of the tally is its counts.
            whole.untimed += tally.untimed
            whole.throttled += tally.throttled
            whole.bytes += tally.bytes
            for kind, count in tally.failures.items():
                whole.fail(kind, count)
            for name, (passed, failed) in tally.checks.items():
                whole.check(name, passed, failed)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the metrics depend on the run."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, without native histograms."""
        yield from self._objective_metrics()
        yield from self._run_metrics(natively=False)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics in the format for an Accept header, and its content type.

        Only OpenMetrics 2.0 has native histograms: other formats get the classic buckets only.
        """
        # prometheus_client fails at a version that is no number.
        sound = all(_NUMBER.fullmatch(version) for version in _VERSION.findall(accept))
        encode, content_type = choose_encoder(accept if sound else "")
        natively = content_type.startswith("application/openmetrics-text; version=2.")
        changing = encode(_Families(partial(self._run_metrics, natively)))
        return self._judged_text(encode, content_type) + changing, content_type

    def _judged_text(self, encode: Callable[[Collector], bytes], content_type: str) -> bytes:
        """Return what changes only as objectives are judged: half of all, and written once for each judging."""
        key = content_type, self.run_state.verdict
        if self._judged is None or self._judged[0][0] != key[0] or self._judged[0][1] is not key[1]:
            self._judged = key, encode(_Families(self._objective_metrics)).removesuffix(b"# EOF\n")
        return self._judged[1]

    def _objective_metrics(self) -> Iterator[Metric]:
        if self._objectives is not None:
            yield from _objectives(self._objectives, self.run_state.verdict)

    def _run_metrics(self, natively: bool) -> Iterator[Metric]:
        yield from self._state_metrics()
        yield from self._count_metrics()
        yield self._latency(natively)
        if self._objectives is not None:
            yield self._groups(self._objectives)
        yield from _generator(self.run_state.processes)

    def _state_metrics(self) -> Iterator[Metric]:
        now = self.run_state
        info = InfoMetricFamily(f"{NAMESPACE}_run", "The latest run.")
        info.add_metric((), {"run": now.run, "scenario": now.scenario, "target": now.target, "version": __version__})
        yield info
        yield _gauge("running", "Whether a run is under way: 1, else 0.", float(now.running))
        yield _gauge("run_start_time_seconds", "When it started, since 1970.", now.started_s)
        if now.users_wanted is not None:
            yield _gauge("users_wanted", "Users planned now.", now.users_wanted)
        yield _gauge("users_running", "Users that run now.", float(now.users_running))
        stage = GaugeMetricFamily(f"{NAMESPACE}_stage_info", "The stage under way, 1.", labels=("stage", "number"))
        if now.stage is not None:
            stage.add_metric((now.stage[0], str(now.stage[1])), 1.0)
        yield stage

    def _count_metrics(self) -> Iterator[Metric]:
        scenario, labels = self._scenario, ("endpoint", "method")
        requests = _counter("requests", "Requests that ended: good, failed and throttled ones.", *labels)
        failures = _counter("failures", "Failed requests without 429, by kind.", *labels, "kind")
        throttled = _counter("throttled", "Requests that the target's rate limiter refused (429).", *labels)
        received = _counter("response_bytes", "Bytes of the answers' bodies.", *labels)
        checks = _counter("checks", "Checks by name and result, passed or failed.", *labels, "check", "result")
        for endpoint, tally in sorted(self._tallies.items()):
            method, name = method_and_name(endpoint)
            of = (scenario, name, method)
            requests.add_metric(of, self._latencies[endpoint].total + tally.untimed)
            throttled.add_metric(of, tally.throttled)
            received.add_metric(of, tally.bytes)
            for kind, count in _capped_kinds(tally.failures).items():
                failures.add_metric((*of, kind), count)
            for check, (passed, failed) in sorted(tally.checks.items()):
                checks.add_metric((*of, check, "passed"), passed)
                checks.add_metric((*of, check, "failed"), failed)
        yield from (requests, failures, throttled, received, checks)

    def _latency(self, natively: bool) -> Metric:
        metric = Metric(f"{NAMESPACE}_latency_seconds", "Latency of requests, however they ended.", "histogram")
        for endpoint, latency in sorted(self._latencies.items()):
            method, name = method_and_name(endpoint)
            labels = {"scenario": self._scenario, "endpoint": name, "method": method}
            below = 0
            for bound_us, count in zip((*self.bounds_us, None), latency.classic, strict=True):
                below += count
                bound = "+Inf" if bound_us is None else repr(bound_us / 1e6)
                metric.add_sample(f"{metric.name}_bucket", {**labels, "le": bound}, below)
            metric.add_sample(f"{metric.name}_count", labels, latency.total)
            metric.add_sample(f"{metric.name}_sum", labels, latency.sum_us / 1e6)
            if natively:
                metric.add_sample(metric.name, labels, 0.0, native_histogram=native_histogram(latency))
        return metric

    def _groups(self, objectives: Objectives) -> Metric:
        metric = GaugeMetricFamily(
            f"{NAMESPACE}_endpoint_info", "The groups that an endpoint is judged in.", labels=("endpoint", "group")
        )
        for group, patterns in sorted(objectives.groups.items()):
            for name in sorted({method_and_name(endpoint)[1] for endpoint in self._tallies}):
                if matches(name, patterns):
                    metric.add_metric((name, group), 1.0)
        return metric


@dataclass(frozen=True)
class _Families(Collector):
    """A part of what the exposition collects."""

    families: Callable[[], Iterator[Metric]]

    def collect(self) -> Iterator[Metric]:
        return self.families()


def _objectives(objectives: Objectives, verdict: Verdict | None) -> Iterator[Metric]:
    labels = ("objective", "indicator", "priority", "unit")
    value = GaugeMetricFamily(f"{NAMESPACE}_objective_value", "What was measured so far, in its unit.", labels=labels)
    target = GaugeMetricFamily(f"{NAMESPACE}_objective_target", "What the objective demands.", labels=labels)
    warning = GaugeMetricFamily(f"{NAMESPACE}_objective_warning", "From where on it warns.", labels=labels)
    status = GaugeMetricFamily(
        f"{NAMESPACE}_objective_status", "1 for the objective's status.", labels=("objective", "priority", "status")
    )
    found = {result.objective.name: result for result in verdict.results} if verdict else {}
    for one in objectives.items:
        unit, scale = _UNITS[one.unit]
        of = (one.name, one.indicator.name, one.priority, unit)
        target.add_metric(of, float(one.target) / scale)
        if one.warning is not None:
            warning.add_metric(of, float(one.warning) / scale)
        result = found.get(one.name)
        if result is not None and result.value is not None:
            value.add_metric(of, float(result.value) / scale)
        standing: Status = result.status if result else "NO DATA"
        for name in RANK:
            status.add_metric((one.name, one.priority, name), float(name == standing))
    overall = GaugeMetricFamily(f"{NAMESPACE}_verdict", "1 for the status of the run as a whole.", labels=("status",))
    for name in RANK:
        overall.add_metric((name,), float(name == (verdict.status if verdict else "NO DATA")))
    yield from (value, target, warning, status, overall)


def _generator(processes: Sequence[ProcessStatus]) -> Iterator[Metric]:
    cpu = GaugeMetricFamily(f"{NAMESPACE}_generator_cpu_ratio", "Share of one core used.", labels=("worker",))
    lag = GaugeMetricFamily(f"{NAMESPACE}_generator_lag_seconds", "How late timers fire.", labels=("worker",))
    users = GaugeMetricFamily(f"{NAMESPACE}_generator_users", "Users that run in it.", labels=("worker",))
    for process in processes:
        if process.cpu_ratio is not None:
            cpu.add_metric((process.name,), process.cpu_ratio)
        if process.lag_ms is not None:
            lag.add_metric((process.name,), process.lag_ms / 1000)
        users.add_metric((process.name,), process.users)
    yield from (cpu, lag, users)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", about, value=value)


def _counter(name: str, about: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"{NAMESPACE}_{name}", about, labels=("scenario", *labels))


def _capped_kinds(failures: Mapping[str, int]) -> dict[str, int]:
    """Return the failures by kind, the rarer ones beyond MAX_KINDS together.

    A counter must not fall: the first kinds, in their order of arrival, keep their own counter.
    """
    found: dict[str, int] = {}
    for kind, count in failures.items():
        name = kind if kind in found or len(found) < MAX_KINDS else OTHER
        found[name] = found.get(name, 0) + count
    return found
