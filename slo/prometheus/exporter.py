"""Exports the metrics of a run to Prometheus: on a separate port, in the web UI, or pushed to a Pushgateway."""

from __future__ import annotations

import re
import socket
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit

import gevent
from gevent.lock import Semaphore
from gevent.pywsgi import WSGIServer
from prometheus_client.exposition import basic_auth_handler, default_handler, push_to_gateway

from slo.cluster.process_status import ProcessStatus
from slo.measure.measurement import Measurement
from slo.objectives.objectives import Objectives
from slo.prometheus.collector import RunCollector
from slo.prometheus.run_state import RunState
from slo.text import redact
from slo.text.clean import for_terminal

PATH = "/metrics"
PUSH_S = 10.0
"""How often a run under way is pushed."""
PUSH_TIMEOUT_S = 5.0
JOB = "locust-slo"


class ExporterError(Exception):
    """Metrics that cannot be exported as requested; the message is for the user."""


class RunSource(Protocol):
    """The source of the runs of this process, with the collector that keeps counting."""

    objectives: Objectives | None
    measurement: Measurement | None
    collector: RunCollector | None

    def run_state(self, processes: Sequence[ProcessStatus] = ()) -> RunState:
        """Return the state of the run beside its counts."""


class Exporter:
    """Exports the metrics of one process, the one that judges."""

    def __init__(
        self, source: RunSource, processes: Callable[[], Sequence[ProcessStatus]], gateway: Gateway | None
    ) -> None:
        self._source = source
        self._gateway = gateway
        self._processes = processes
        self._pushing = Semaphore()
        self.collector = source.collector = RunCollector(source.objectives)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics as they are now, in the format for an Accept header, and its content type."""
        self._update_state()
        return self.collector.text(accept)

    def serve(self, host: str, port: int) -> None:
        """Answer at ``http://host:port/metrics`` until the process ends; raises ExporterError."""
        try:
            host.encode("idna")  # where that fails gevent's resolver writes a traceback
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            listener = socket.create_server((host, port), family=family)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise ExporterError(f"--prometheus-port {port} cannot be used on {host}: {why}; choose another") from None
        WSGIServer(listener, self._answer, log=None, error_log=None).start()

    def push_periodically(self) -> None:
        """Push a run under way now and then."""
        while True:
            gevent.sleep(PUSH_S)
            if self._source.measurement is not None:
                self.push()

    def push(self) -> None:
        """Push the current metrics, if there is a gateway."""
        if self._gateway is None:
            return
        # One after the other: what was true before the end of a run must not arrive after the verdict.
        with self._pushing:
            self._update_state()
            self._gateway.push(self.collector)

    def _update_state(self) -> None:
        self.collector.run_state = self._source.run_state(self._processes())

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"the metrics are at /metrics\n"]
        text, content_type = self.text(environ.get("HTTP_ACCEPT", ""))
        start_response("200 OK", [("Content-Type", content_type), ("Cache-Control", "no-store")])
        return [text]


class Gateway:
    """A Pushgateway (https://github.com/prometheus/pushgateway), by its URL, which may hold a name and a password.

    Metrics are grouped by job and scenario: the last run of each scenario stays there until the next one.
    """

    def __init__(self, url: str) -> None:
        """Raise ExporterError for what is no URL."""
        if not _is_gateway(url):
            raise ExporterError(
                "--prometheus-push is the URL of a Pushgateway like http://localhost:9091, "
                f"not '{without_password(url)}'"
            )
        parts = urlsplit(url)
        self.display_url = without_password(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        self._url = urlunsplit(bare).rstrip("/")
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._reported = False

    def push(self, exposition: RunCollector) -> None:
        """Replace the metrics of the scenario; a failure is reported once, on stderr, and has no other effect."""
        try:
            with gevent.Timeout(PUSH_TIMEOUT_S):
                push_to_gateway(
                    self._url,
                    job=JOB,
                    registry=exposition,
                    grouping_key={"scenario": exposition.run_state.scenario} if exposition.run_state.scenario else None,
                    timeout=PUSH_TIMEOUT_S,
                    handler=self._handle if self._user else default_handler,
                )
            self._reported = False
        except HTTPError as error:
            self._report(f"it answered {error.code} {error.reason}")
        except gevent.Timeout:
            self._report(f"no answer within {PUSH_TIMEOUT_S:.0f} s")
        except (OSError, ValueError) as error:
            self._report(str(getattr(error, "reason", error)))
        except HTTPException:
            self._report("what answers there does not speak HTTP")

    def _handle(
        self, url: str, method: str, timeout: float | None, headers: list[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        return basic_auth_handler(url, method, timeout, headers, data, self._user, self._password)

    def _report(self, why: str) -> None:
        if not self._reported:
            sys.stderr.write(
                f"locust-slo: the metrics could not be pushed to {self.display_url}: {for_terminal(why)}\n"
            )
        self._reported = True


def without_password(url: str) -> str:
    """Return the URL as it may be shown."""
    return for_terminal(redact.without_credentials(url), 200)


def _is_gateway(url: str) -> bool:
    """Return whether metrics can be pushed to paths below ``url``, which may have a path but nothing after it."""
    try:
        parts = urlsplit(url)
        addressed = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return addressed and not (parts.query or parts.fragment) and re.fullmatch("[!-~]*", parts.path) is not None


def exporter_for(
    options: Namespace, source: RunSource, processes: Callable[[], Sequence[ProcessStatus]], has_web_ui: bool
) -> Exporter | None:
    """Return the exporter for the options, started; None without any. Raises ExporterError."""
    if not (options.prometheus_port or options.prometheus_push or has_web_ui):
        return None
    found = Exporter(source, processes, Gateway(options.prometheus_push) if options.prometheus_push else None)
    if options.prometheus_port:
        found.serve(options.prometheus_host, options.prometheus_port)
    if options.prometheus_push:
        gevent.spawn(found.push_periodically)
    return found
