"""The SLO page over HTTP: its JSON, its reports, who may see them, and what no URL can reach."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from slo.live.web import sparkline
from slo.record import run
from tests.support.processes import BUSY, Demo
from tests.support.waiting import wait_for
from tests.support.web_ui import LOGIN, Page, finished, picture, start, status

PAGES = ("/slo", "/slo/", "/slo/verdict", "/slo/assets/slo.js", "/slo/runs/x/run.json")


def test_two_runs_in_one_process_are_two_runs(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        assert picture(page)["state"] == "ready"
        start(page, demo, "spike")
        running = wait_for(lambda: (now := picture(page))["requests"] > 100 and now["trend_at_s"] and now)
        assert running["state"] == "running"
        assert running["stage"]["of"] == 6
        assert running["run"]["scenario"] == "spike"
        assert [one["name"] for one in running["findings"]] == ["recovery"]
        first = finished(page, 1)
        verdict = json.loads(page.get(f"/slo/runs/{first['run']['id']}/verdict.json"))
        assert [one["answer"] for one in first["findings"]] == [one["answer"] for one in verdict["findings"]]
        assert first["status"] in ("PASS", "WARNING") or BUSY in first["reason"], first["reason"]
        page.post_text("/stats/reset")
        start(page, demo, "smoke", 0.3)
        second = wait_for(lambda: (now := picture(page))["state"] == "running" and now["requests"] > 1 and now)
        assert second["requests"] < first["requests"]
        assert second["run"]["scenario"] == "smoke"
        assert max(second["trend_at_s"], default=0) <= second["run"]["elapsed_s"]
        page.post("/stop")
        last = finished(page, 2)
        smoke, spike = last["finished"]
        assert (smoke["scenario"], spike["scenario"]) == ("smoke", "spike")
        assert smoke["id"] != spike["id"]
        for entry in (smoke, spike):
            record = run.read(page.locust.reports / entry["id"])
            assert record.tally().requests == entry["requests"]
            served = json.loads(page.get(f"/slo/runs/{entry['id']}/run.json"))
            assert served["id"] == entry["id"]
        assert set(run.read(page.locust.reports / smoke["id"]).endpoints) == {"health_live", "health_ready"}
        assert run.read(page.locust.reports / smoke["id"]).ended.how == "stopped"
        assert page.get(f"/slo/runs/{spike['id']}/report.md").startswith("<!-- locust-slo:spike -->\n\n# ")
        assert not list(page.locust.reports.glob("*/journal*"))
    finally:
        page.stop()


def test_no_url_reaches_a_file_that_is_not_a_report(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        start(page, demo, "smoke", 0.02)
        known = finished(page, 1)["finished"][0]["id"]
        (page.locust.reports / known / "secret.txt").write_text("x")
        (page.locust.reports / "other").mkdir()
        (page.locust.reports / "other" / "run.json").write_text("{}")
        assert status(f"{page.url}/slo/runs/{known}/verdict.json") == 200
        for path in (
            f"runs/{known}/secret.txt",
            f"runs/{known}/..%2f..%2fetc%2fpasswd",
            f"runs/{known}/%2e%2e/other/run.json",
            "runs/other/run.json",
            "runs/..%2f..%2fetc/passwd",
            "runs/../run.json",
            "runs/latest/run.json",
            "assets/..%2fweb.py",
            "assets/web.py",
            "assets/%2fetc%2fpasswd",
        ):
            assert status(f"{page.url}/slo/{path}") == 404, path
    finally:
        page.stop()


def test_a_login_guards_the_slo_pages_too(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo, "--web-login", locustfile=LOGIN, ready="/login")
    try:
        jar = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        for path in PAGES:
            with browser.open(page.url + path, timeout=60) as response:
                assert urllib.parse.urlsplit(response.url).path == "/login", path
        form = urllib.parse.urlencode({"username": "ana", "password": "open sesame"}).encode()
        browser.open(f"{page.url}/sign-in", form, timeout=60).close()
        with browser.open(f"{page.url}/slo/verdict", timeout=60) as response:
            assert json.loads(response.read())["state"] == "ready"
    finally:
        page.stop()


def test_it_follows_locusts_base_path(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo, "--web-base-path", "/perf", ready="/perf/")
    try:
        assert picture(page, "/perf")["state"] == "ready"
        assert "<html" in page.get("/perf/slo")
        assert "./slo/assets/tab.js" in page.get("/perf/")
    finally:
        page.stop()


def test_the_tab_is_in_locusts_own_page(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        assert page.template()["extended_tabs"] == [{"title": "SLO", "key": "slo"}]
        start(page, demo, "spike")
        rows = wait_for(lambda: len(rows_of(page)) > 5 and rows_of(page))
        assert rows[0]["name"] == " Overall"
        assert {row["name"] for row in rows} >= {"P95 latency", "throughput"}
        finished(page, 1)
    finally:
        page.stop()


def rows_of(page: Page) -> list[dict[str, str]]:
    (ours,) = json.loads(page.get("/stats/requests"))["extended_stats"]
    return list(ours["data"])


def test_every_answer_forbids_what_it_does_not_need(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        for path in ("/slo/", "/slo/verdict", "/slo/assets/slo.css"):
            with urllib.request.urlopen(page.url + path, timeout=60) as response:
                assert "default-src 'self'" in response.headers["Content-Security-Policy"]
                assert response.headers["X-Content-Type-Options"] == "nosniff"
    finally:
        page.stop()


@pytest.mark.parametrize(
    ("points", "text"),
    [([], ""), ([None], ""), ([1.0], "▁"), ([0.0, None, 7.0], "▁ █"), ([5.0, 5.0], "▁▁"), (list(range(40)), None)],
)
def test_a_sparkline_is_text(points: list[float | None], text: str | None) -> None:
    if text is None:
        assert len(sparkline(points)) == 30
    else:
        assert sparkline(points) == text


def test_a_refused_start_leaves_one_record_that_says_so(demo: Demo, tmp_path: Path) -> None:
    page = Page(tmp_path / "reports", demo)
    try:
        page.post("/swarm", host="http://127.0.0.1:9", scenario="smoke", time_scale="0.02", user_scale="1")
        seen = finished(page, 1)
        assert seen["run"]["ended"]["how"] == "refused"
        assert "no answer from http://127.0.0.1:9/health/live" in seen["reason"]
        wait_for(lambda: json.loads(page.get("/stats/requests"))["state"] == "stopped")
        start(page, demo, "smoke", 0.03)
        assert finished(page, 2)["status"] == "PASS"
        assert len([one for one in page.locust.reports.iterdir() if not one.is_symlink()]) == 2
    finally:
        page.stop()
