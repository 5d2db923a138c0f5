"""The web UI in a real browser: choose, start, watch the SLO tab change, stop, open the report, start again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.support.chromium import CHROMIUM, SHOTS, open_page
from tests.support.processes import ROOT, Demo
from tests.support.waiting import wait_for
from tests.support.web_ui import Page as Ui

HOSTILE = ROOT / "tests" / "locustfiles" / "hostile.py"
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),  # one browser at a time
]


class Watched:
    """A browser's page that notes what went wrong in it and what it asked others for."""

    def __init__(self, browser: Browser, ui: Ui, **context: Any) -> None:
        self.page: Page = open_page(browser, **context)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda asked: None if asked.url.startswith(ui.url) else self.wrong.append(asked.url))

    def shoot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def begin(page: Page, scenario: str, time_scale: str, user_scale: str) -> None:
    """Fill in Locust's start form and press start."""
    page.get_by_text("Custom parameters").click()
    page.get_by_label("Scenario").first.click()
    choice = page.locator("select[name=scenario]")
    if choice.count():
        choice.select_option(scenario)
    else:
        page.get_by_role("option", name=scenario, exact=True).click()
    page.get_by_label("Time Scale").fill(time_scale)
    page.get_by_label("User Scale").fill(user_scale)
    page.get_by_role("button", name="Start").click()


def in_tab(page: Page) -> FrameLocator:
    page.get_by_role("tab", name="SLO").click()
    return page.frame_locator("#slo-frame")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_is_watched_in_the_slo_tab(browser: Browser, theme: Any, tmp_path: Path) -> None:
    # Its error ratio and latency are this test's own.
    demo = Demo()
    ui = Ui(tmp_path / "reports", demo)
    watched = Watched(browser, ui, color_scheme=theme)
    page = watched.page
    try:
        page.goto(ui.url)
        begin(page, "spike", "1", "0.1")  # four minutes: however slow the machine, it is stopped before its end
        slo = in_tab(page)
        expect(slo.locator("#status")).to_have_text("PASS")
        expect(slo.locator("#objectives")).to_contain_text("P95 latency")
        watched.shoot(f"running-{theme}")
        demo.faults(error_ratio=0.5)
        expect(slo.locator("#status")).to_have_text("CRITICAL")
        expect(slo.locator("#reason")).to_contain_text("error rate")
        watched.shoot(f"critical-{theme}")
        demo.heal()
        page.get_by_role("button", name="Stop").click()
        expect(slo.locator("#finished")).to_contain_text("spike")
        watched.shoot(f"finished-{theme}")
        with page.expect_popup() as opened:
            slo.locator("#finished a", has_text="report.md").first.click()
        expect(opened.value.locator("body")).to_contain_text("CRITICAL")
        opened.value.close()
        # Locust's page asks for statistics no more once they said "cleanup", and Locust keeps what it answered for
        # seconds: the page is read anew when the answer is that the run has stopped.
        wait_for(lambda: json.loads(ui.get("/stats/requests"))["state"] == "stopped")
        page.reload()
        page.get_by_role("button", name="New").click()
        begin(page, "smoke", "0.05", "1")
        slo = in_tab(page)
        done = wait_for(lambda: len((seen := json.loads(ui.get("/slo/verdict")))["finished"]) == 2 and seen)
        assert [run["scenario"] for run in done["finished"]] == ["smoke", "spike"]
        assert [run["status"] for run in done["finished"]] == ["PASS", "CRITICAL"]
        expect(slo.locator("#status")).to_have_text("PASS")
        assert watched.wrong == []
    finally:
        ui.stop()
        demo.stop()


def test_names_from_elsewhere_are_harmless(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    objectives = tmp_path / "objectives.yaml"
    objectives.write_text(
        "version: 1\nobjectives:\n"
        "  - {name: '<b onmouseover=window.hacked=1>bold</b>', indicator: errors.ratio, target: 1 %}\n",
        encoding="utf-8",
    )
    ui = Ui(tmp_path / "reports", demo, "--objectives", objectives, locustfile=HOSTILE, scaled=False)
    watched = Watched(browser, ui, color_scheme="light")
    try:
        ui.post("/swarm", user_count=1, spawn_rate=1, host=demo.url)
        watched.page.goto(f"{ui.url}/slo/")
        expect(watched.page.locator("#failures")).to_contain_text("<script>window.hacked=1</script>")
        expect(watched.page.locator("#objectives")).to_contain_text("<b onmouseover")
        watched.shoot("hostile")
        assert watched.page.evaluate("window.hacked") is None
        assert watched.page.locator("#failures script, #failures img, #failures svg[onload]").count() == 0
        width = watched.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0
        assert watched.wrong == []
    finally:
        ui.stop()


def test_a_lost_server_is_said_to_be_lost(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    ui = Ui(tmp_path / "reports", demo)
    watched = Watched(browser, ui, color_scheme="dark")
    watched.page.goto(f"{ui.url}/slo/")
    expect(watched.page.locator("#start")).to_be_visible()
    ui.stop()
    expect(watched.page.locator("#silence")).to_contain_text("No answer from Locust since")
