"""The target's own figures: what is read of them, and that failing to is no fault of the run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slo.measure.measurement import MAX_SCRAPES, Measurement
from slo.measure.run_description import RunDescription
from slo.measure.scrape import ScrapeError, Scraper
from slo.record.ending import Ending
from slo.record.target import Target
from tests.support.target_metrics import TEXT


class Handler(BaseHTTPRequestHandler):
    asked: list[str | None] = []  # noqa: RUF012  # of all requests of a test

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization"))
        status = {"/metrics": 200, "/empty": 200, "/away": 302}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/metrics")
        self.end_headers()
        self.wfile.write(TEXT.encode() if self.path == "/metrics" else b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_target_is_asked_with_the_token_if_there_is_one(host: str) -> None:
    assert Scraper(host, "/metrics").read()["process_open_fds"] == 11
    assert Scraper(host + "/", "metrics", "secret").read()["process_open_fds"] == 11
    assert Handler.asked == [None, "Bearer secret"]


@pytest.mark.parametrize(("path", "why"), [("/no", "HTTP 404"), ("/empty", "no metric of"), ("/away", "HTTP 302")])
def test_what_cannot_be_read_says_why(host: str, path: str, why: str) -> None:
    with pytest.raises(ScrapeError, match=why):
        Scraper(host, path).read()


@pytest.mark.parametrize("host", ["", "file:///etc", "http://127.0.0.1:1", "http://[", "http://nowhere.invalid"])
def test_a_host_that_is_not_there_is_no_crash(host: str) -> None:
    with pytest.raises(ScrapeError):
        Scraper(host, "/metrics", "secret").read()


def test_samples_are_bounded_and_failures_are_a_note(tmp_path: Path) -> None:
    measurement = Measurement(RunDescription("run", None, Target("")), tmp_path)
    for number in range(2 * MAX_SCRAPES + 100):
        measurement.add_scrape({"process_open_fds": float(number)})
    measurement.note_scrape_error("HTTP 500")
    run = measurement.finish(Ending("completed"))
    values = [scrape.values["process_open_fds"] for scrape in run.scrapes]
    assert len(values) <= MAX_SCRAPES
    assert values == [4.0 * n for n in range(len(values))]
    assert run.notes == ("the target's metrics could not be read 1 of 4101 times: HTTP 500",)
