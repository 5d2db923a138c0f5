"""The page in Locust's web UI, on an application of Flask's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify
from flask.testing import FlaskClient

from slo.live import web
from slo.live.snapshot import Trends, snapshot_of
from slo.verdict.judge import judge
from tests.support.ramp import OBJECTIVES, ramp


class WebUI:
    def __init__(self) -> None:
        self.app: Flask | None = Flask("locust")
        self.template_args: dict[str, Any] = {"own": 1}
        page = Blueprint("locust", "locust")
        page.add_url_rule("/", "index", lambda: "<html><body></body></html>")
        page.add_url_rule("/stats/requests", "request_stats", lambda: jsonify(extended_stats=[{"key": "other"}]))
        self.app.register_blueprint(page)

    def auth_required_if_enabled(self, view_func: Callable[..., Any]) -> Callable[..., Any]:
        return view_func


def snapshot() -> dict[str, Any]:
    run = ramp(10)
    return snapshot_of("finished", run, judge(run, OBJECTIVES), Trends(OBJECTIVES), None, (), ())


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    (tmp_path / "report.html").write_text("<p>report</p>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("no", encoding="utf-8")
    ui = WebUI()
    web.register(ui, snapshot, {"run-1": tmp_path}.get, lambda accept: (b"metrics", "text/plain"))
    assert ui.template_args["own"] == 1
    assert ui.app is not None
    return ui.app.test_client()


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    answer = client.get("/slo/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.get("/slo").status_code == 302
    assert client.get("/slo/assets/slo.js").status_code == 200
    assert client.get("/slo/assets/../web.py").status_code == 404


def test_the_verdict_is_json(client: FlaskClient) -> None:
    assert client.get("/slo/verdict").get_json()["schema"] == "locust-slo/live"
    assert client.get("/metrics").data == b"metrics"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/slo/runs/run-1/report.html", 200),
        ("/slo/runs/run-1/verdict.json", 404),
        ("/slo/runs/run-1/secret.txt", 404),
        ("/slo/runs/run-2/report.html", 404),
        ("/slo/runs/../report.html", 404),
    ],
)
def test_only_reports_of_known_runs_are_served(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if status == 200:
        assert "script-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_locusts_own_pages_get_the_tab_and_its_rows(client: FlaskClient) -> None:
    assert "./slo/assets/tab.js" in client.get("/").get_data(as_text=True)
    stats = client.get("/stats/requests").get_json()["extended_stats"]
    assert [one["key"] for one in stats] == ["other", "slo"]
    assert [row["name"] for row in stats[1]["data"]] == [" Overall", *(one.name for one in OBJECTIVES.items)]


def test_a_trend_is_a_line_of_bars_with_gaps() -> None:
    assert web.sparkline([0.0, None, 7.0]) == "▁ █"
    assert web.sparkline([5.0, 5.0]) == "▁▁"
    assert web.sparkline([None]) == ""
    assert len(web.sparkline([1.0] * 100)) == 30
