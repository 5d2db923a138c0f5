"""Exporting the metrics of a process: what is answered, what is pushed, which options are refused."""

from __future__ import annotations

import socket
import urllib.error
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import pytest

from slo.cluster.process_status import ProcessStatus
from slo.measure.measurement import Measurement
from slo.objectives.objectives import Objectives
from slo.prometheus import exporter
from slo.prometheus.collector import RunCollector
from slo.prometheus.exporter import Exporter, ExporterError, Gateway, exporter_for, without_password
from slo.prometheus.run_state import RunState
from tests.support.made import demanding


class Source:
    """A process without a run."""

    def __init__(self) -> None:
        self.objectives: Objectives | None = demanding("indicator: latency.p95, target: 1 s")
        self.measurement: Measurement | None = None
        self.collector: RunCollector | None = None

    def run_state(self, processes: Sequence[ProcessStatus] = ()) -> RunState:
        return RunState(processes=tuple(processes))


def exporter_of(gateway: Gateway | None = None) -> Exporter:
    return Exporter(Source(), list, gateway)


def answer(path: str) -> tuple[str, bytes]:
    statuses: list[str] = []
    body = exporter_of()._answer({"PATH_INFO": path}, lambda status, _: statuses.append(status))
    return statuses[0], b"".join(body)


def test_metrics_are_answered_at_one_path() -> None:
    status, body = answer("/metrics")
    assert status == "200 OK"
    assert b"locust_slo_" in body
    status, body = answer("/")
    assert status == "404 Not Found"
    assert b"/metrics" in body


def test_a_port_that_is_taken_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ExporterError, match=f"--prometheus-port {port} cannot be used on 127.0.0.1"):
            exporter_of().serve("127.0.0.1", port)


@pytest.mark.parametrize(
    "url", ["host:9091", "ftp://h", "http://", "http://h:0", "http://h/?x=1", "http://h/a b", "http://[::"]
)
def test_what_is_no_gateway_is_refused(url: str) -> None:
    with pytest.raises(ExporterError, match="--prometheus-push is the URL of a Pushgateway"):
        Gateway(url)


def test_a_password_is_never_shown() -> None:
    assert without_password("http://me:secret@h:9091/x") == "http://h:9091/x"
    assert "secret" not in Gateway("http://me:secret@h:9091").display_url
    with pytest.raises(ExporterError) as caught:
        Gateway("ftp://me:secret@h")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (urllib.error.HTTPError("http://h", 403, "Forbidden", None, None), "it answered 403 Forbidden"),  # type: ignore[arg-type]
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), "Connection refused"),
        (ValueError("bad"), "bad"),
    ],
)
def test_a_push_that_fails_is_reported_once(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(exporter, "push_to_gateway", fail)
    pushing = exporter_of(Gateway("http://me:secret@h:9091"))
    pushing.push()
    pushing.push()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("locust-slo: the metrics could not be pushed to http://h:9091: ")
    assert words in line
    assert "secret" not in line


def test_a_push_names_job_and_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(exporter, "push_to_gateway", lambda url, **settings: pushed.append((url, settings)))
    exporter_of(Gateway("http://h:9091/")).push()
    exporter_of().push()
    ((url, settings),) = pushed
    assert url == "http://h:9091"
    assert settings["job"] == exporter.JOB
    assert settings["grouping_key"] is None


def test_without_an_option_nothing_is_exported() -> None:
    options = Namespace(prometheus_port=None, prometheus_push="", prometheus_host="")
    assert exporter_for(options, Source(), list, has_web_ui=False) is None
    assert exporter_for(options, Source(), list, has_web_ui=True) is not None
