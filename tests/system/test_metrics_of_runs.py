"""Metrics of real runs, as a real Prometheus, a Pushgateway and the web UI's visitors get them."""

from __future__ import annotations

import re
import socketserver
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from slo.objectives.objectives import load
from slo.prometheus.collector import RunCollector
from slo.prometheus.exporter import ExporterError, Gateway
from slo.prometheus.latency_buckets import bounds_us
from tests.support.cluster import Cluster, free_port
from tests.support.processes import HOTEL, ROOT, Demo, Locust, hotel, locust
from tests.support.prometheus import Prometheus, needed
from tests.support.receiver import Listener
from tests.support.waiting import wait_for
from tests.support.web_ui import LOGIN, Page, finished, start, status

OBJECTIVES = ROOT / "slo" / "hotel.yaml"
GUIDE = ROOT / "docs" / "metrics.md"


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of the samples ``name`` with these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"locust_slo_{name}" and labels.items() <= sample.labels.items()
    )


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Answer whoever connects with these bytes; yields the address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def bucket_s(latency_us: int) -> float:
    """Return how wide the classic bucket is that a latency falls into, by the hotel's objectives."""
    bounds = (0, *bounds_us(load(OBJECTIVES).items))
    return next((high - low) / 1e6 for low, high in pairwise(bounds) if latency_us <= high)


@needed
@pytest.mark.slow
def test_prometheus_knows_the_p95_of_a_run_to_a_bucket(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    words = ("--scenario", "load", "--time-scale", "0.012", "--objectives", OBJECTIVES, "--prometheus-port", port)
    with Prometheus(tmp_path / "prometheus", {"slo": f"127.0.0.1:{port}"}) as prometheus:
        run = Locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, *words)
        prometheus.await_(lambda: prometheus.number("sum(locust_slo_requests_total) > 50"))
        assert prometheus.number("locust_slo_users_running") is not None
        assert prometheus.number("count(locust_slo_stage_info)") == 1
        for query in re.findall(r"^```promql\n(.*?)\n```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            prometheus.await_(partial(prometheus.number, query))
        done = run.wait()
        seen = prometheus.number("max_over_time(sum(locust_slo_requests_total)[5m:1s])")
        buckets = "sum by (le) (max_over_time(locust_slo_latency_seconds_bucket[5m]))"
        p95_s = prometheus.number(f"histogram_quantile(0.95, {buckets})")
    tally = done.run.tally()
    assert seen is not None
    assert p95_s is not None
    assert 0.6 * tally.requests < seen <= tally.requests  # the last scrape is up to a second before the end
    p95_us = tally.latency.percentile(95)
    assert abs(p95_s - p95_us / 1e6) <= bucket_s(p95_us)


@needed
@pytest.mark.long
def test_prometheus_knows_the_p95_of_a_master_and_its_workers(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    words = ("--scenario", "load", "--time-scale", "0.03", "--objectives", OBJECTIVES, "--prometheus-port", port)
    with (
        Prometheus(tmp_path / "prometheus", {"slo": f"127.0.0.1:{port}"}) as prometheus,
        Cluster(tmp_path, demo.url, *words) as both,
    ):
        both.join("one")
        both.join("two")
        workers = 'count(locust_slo_generator_users{worker!="master"} > 0)'
        prometheus.await_(lambda: prometheus.number(workers) == 2)
        done = both.await_end()
        seen = prometheus.number("sum(max_over_time(locust_slo_requests_total[5m]))")
        buckets = "sum by (le) (max_over_time(locust_slo_latency_seconds_bucket[5m]))"
        p95_s = prometheus.number(f"histogram_quantile(0.95, {buckets})")
    tally = done.run.tally()
    assert len(done.run.workers) == 2
    assert seen is not None
    assert p95_s is not None
    assert 0.5 * tally.requests < seen <= tally.requests  # workers report every 3 s, the last time at the end
    p95_us = tally.latency.percentile(95)
    assert abs(p95_s - p95_us / 1e6) <= bucket_s(p95_us)


@pytest.mark.slow
def test_the_pushed_metrics_are_those_of_the_record(demo: Demo, tmp_path: Path) -> None:
    with Listener() as gateway:
        push = f"http://me:hush@{gateway.address}/"
        done = hotel(
            tmp_path / "reports", demo.url, "smoke", "--objectives", str(OBJECTIVES), "--prometheus-push", push
        )
    pushed = gateway.heard[-1]
    text = pushed.text
    assert pushed.path == "/metrics/job/locust-slo/scenario/smoke"
    assert pushed.headers["Authorization"] == "Basic bWU6aHVzaA=="
    assert total(text, "requests_total") == done.run.tally().requests > 0
    for endpoint in done.run.endpoints:
        tally = done.run.tally(endpoint.__eq__)
        assert total(text, "requests_total", endpoint=endpoint) == tally.requests
        assert total(text, "latency_seconds_bucket", endpoint=endpoint, le="+Inf") == tally.latency.total
        assert total(text, "latency_seconds_sum", endpoint=endpoint) == pytest.approx(tally.latency.sum_us / 1e6)
        for name, (passed, failed) in tally.checks.items():
            assert total(text, "checks_total", endpoint=endpoint, check=name, result="passed") == passed
            assert total(text, "checks_total", endpoint=endpoint, check=name, result="failed") == failed
    assert total(text, "running") == 0
    assert total(text, "verdict", status=done.verdict["status"]) == 1
    written = "".join(file.read_text(encoding="utf-8") for file in done.folder.iterdir() if file.suffix != ".html")
    assert "hush" not in done.out + done.err + written


@pytest.mark.slow
def test_a_push_that_fails_is_told_once_and_changes_nothing(demo: Demo, tmp_path: Path) -> None:
    with Listener((503, {})) as gateway:
        done = hotel(
            tmp_path / "reports",
            demo.url,
            "smoke",
            "--objectives",
            str(OBJECTIVES),
            "--prometheus-push",
            f"http://u:pw@{gateway.address}",
        )
    assert gateway.heard
    assert done.err.count("could not be pushed") == 1
    assert "503" in done.err
    assert "pw@" not in done.err
    assert done.worked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--prometheus-port", "http"), "--prometheus-port is a port from 1 to 65535, not 'http'"),
        (("--prometheus-push", "gateway:9091"), "--prometheus-push is the URL of a Pushgateway like"),
        (
            ("--prometheus-port", "29646", "--prometheus-host", "a..b"),
            "--prometheus-port 29646 cannot be used on a..b: ",
        ),
    ],
)
def test_what_cannot_be_is_said_before_any_load(demo: Demo, tmp_path: Path, words: tuple[str, str], said: str) -> None:
    done = locust(tmp_path / "reports", "-f", HOTEL, "-H", demo.url, "--scenario", "smoke", *words)
    assert done.code == 3
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://h/?a=b",
        "http://h/a b",
        "http://h/\x01",
        "http://h:0",
        "http://h:x",
        "http://a..b",
        "ftp://h",
    ],
)
def test_what_is_no_pushgateway_is_said(url: str) -> None:
    with pytest.raises(ExporterError, match="--prometheus-push is the URL of a Pushgateway"):
        Gateway(url)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"no HTTP at all", "what answers there does not speak HTTP"),
        (b"", "closed connection"),
        (b"HTTP/1.1 500 \x1b[31mred\r\n\r\n", "it answered 500 ?[31mred"),
    ],
)
def test_whatever_answers_a_push_only_words_come_of_it(
    answer: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(answer) as address:
        pushed_to = Gateway(f"http://me:hush@{address}")
        for _ in range(2):
            pushed_to.push(RunCollector(None))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert said in told
    assert "hush" not in told
    assert "\x1b" not in told


def test_a_port_that_is_taken_is_said_before_any_load(demo: Demo, tmp_path: Path) -> None:
    taken = demo.url.rpartition(":")[2]
    done = hotel(tmp_path / "reports", demo.url, "smoke", "--prometheus-port", taken)
    assert done.code == 3
    assert f"--prometheus-port {taken} cannot be used on 127.0.0.1: " in done.err
    assert "no load was sent" in done.err


@pytest.mark.slow
def test_the_web_ui_has_the_metrics_of_each_run(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    page = Page(tmp_path / "reports", demo, "--objectives", OBJECTIVES, "--prometheus-port", port)
    try:
        assert total(page.get("/metrics"), "running") == 0
        start(page, demo, "spike")
        wait_for(lambda: total(page.get("/metrics"), "requests_total") > 50)
        for text in (page.get("/metrics"), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()):
            assert total(text, "running") == 1
            assert total(text, "users_running") > 0
        first = finished(page, 1)["finished"][0]
        assert total(page.get("/metrics"), "requests_total") == first["requests"]
        start(page, demo, "smoke")
        wait_for(lambda: 0 < total(page.get("/metrics"), "requests_total") < first["requests"])
        assert status(f"http://127.0.0.1:{port}/else") == 404
    finally:
        page.stop()


@pytest.mark.slow
def test_behind_a_login_the_metrics_are_too(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo, "--web-login", locustfile=LOGIN, ready="/login", scaled=False)
    try:
        assert "locust_slo_" not in page.get("/metrics")
    finally:
        page.stop()


@pytest.mark.slow
def test_a_master_has_the_metrics_of_all_workers(demo: Demo, tmp_path: Path) -> None:
    port = free_port()
    load = ("--scenario", "spike", "--time-scale", "0.05", "--user-scale", "0.2")
    words = (*load, "--prometheus-port", port)
    with (
        Listener() as gateway,
        Cluster(tmp_path, demo.url, *words, "--prometheus-push", gateway.url) as both,
    ):
        both.join("one")
        both.join("two")

        def asked() -> str:
            return str(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode())

        both.await_load("one")
        both.await_load("two")
        wait_for(lambda: total(asked(), "requests_total"))
        lags = wait_for(lambda: len(found := re.findall(r'_lag_seconds{worker="(.+)"}', asked())) == 3 and found)
        assert {name.partition("_")[0] for name in lags} == {"master", "one", "two"}
        done = both.await_end()
    assert total(gateway.heard[-1].text, "requests_total") == done.run.tally().requests
