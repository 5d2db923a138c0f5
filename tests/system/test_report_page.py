"""The HTML report in a real browser, opened from its file: light, dark, narrow, on paper, with and without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from slo.baseline.store import Reference
from slo.record.run import Run
from slo.reports import html
from slo.verdict.judge import judge
from tests.support.chromium import CHROMIUM, SHOTS, open_page
from tests.support.made import made
from tests.support.ramp import HOSTILE, OBJECTIVES, ramp

# The web UI serves the page under this policy, so it must do with it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.slow,  # those of the SLO page are in the default suite
    pytest.mark.xdist_group("browser"),  # one browser at a time
]


class Opened:
    """A report opened from its file, and what went wrong with it."""

    def __init__(self, browser: Browser, run: Run, folder: Path, width: int = 1366, **context: Any) -> None:
        text = html.render(run, judge(run, OBJECTIVES), [Reference.of(ramp(slow=400))], OBJECTIVES.groups)
        file = folder / "report.html"
        meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        file.write_text(text.replace("<title>", f"{meta}<title>", 1), encoding="utf-8")
        self.wrong: list[str] = []
        self.page: Page = open_page(browser, width, **context)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", lambda line: self.wrong.append(line.text))
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        own = file.as_uri()
        self.page.on("request", lambda asked: None if _is_own(asked.url, own) else self.wrong.append(asked.url))
        self.page.goto(own)

    def shoot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=str(Path(SHOTS) / f"report-{name}.png"), full_page=True)

    def too_wide(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _is_own(url: str, own: str) -> bool:
    return url.startswith((own, "data:image/png;base64,"))


def _grave(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1366), ("dark", 1366), ("light", 360), ("dark", 360)])
def test_the_report_fits_and_can_be_read_by_all(browser: Browser, theme: Any, width: int, tmp_path: Path) -> None:
    opened = Opened(browser, ramp(), tmp_path, width, color_scheme=theme)
    expect(opened.page.locator("h1")).to_contain_text("CRITICAL: P95 latency")
    opened.shoot(f"{theme}-{width}")
    assert opened.too_wide() <= 0
    assert opened.wrong == []
    assert _grave(opened.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_take_the_colours_of_the_page(browser: Browser, theme: Any, tmp_path: Path) -> None:
    page = Opened(browser, ramp(), tmp_path, color_scheme=theme).page
    label = page.locator("svg text").first
    shade = int(label.evaluate("text => getComputedStyle(text).fill.match(/\\d+/)[0]"))
    assert shade < 128 if theme == "light" else shade > 128
    assert page.locator("svg image").count() == 1
    for picture in page.locator("svg.drawing").all():
        box = picture.bounding_box()
        assert box is not None
        assert box["height"] > 100


@pytest.mark.parametrize("width", [1366, 360])
def test_names_from_elsewhere_are_harmless(browser: Browser, width: int, tmp_path: Path) -> None:
    opened = Opened(browser, ramp(names=HOSTILE, rps=12), tmp_path, width)
    expect(opened.page.locator("#endpoints")).to_contain_text("<img src=x onerror=alert(1)>")
    opened.shoot(f"hostile-{width}")
    assert opened.too_wide() <= 0
    assert opened.wrong == []


def test_a_run_of_nothing_is_a_page(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, made(lambda recorder, clock: None), tmp_path)
    expect(opened.page.locator("h1")).to_contain_text("NO DATA")
    opened.shoot("nothing")
    assert opened.wrong == []
    assert _grave(opened.page) == []


def test_tables_are_sorted_by_click_and_by_key(browser: Browser, tmp_path: Path) -> None:
    names = ("a", "b", "c")
    page = Opened(browser, ramp(names=names, rps=7), tmp_path).page
    head = page.locator("#endpoints thead th", has_text="mean")
    cells = page.locator("#endpoints tbody td[data-label=mean]")

    def shown() -> list[float]:
        return [float(text.split()[0]) for text in cells.all_inner_texts()]

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert shown() == sorted(shown())
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert shown() == sorted(shown(), reverse=True)
    expect(page.locator("#endpoints tfoot")).to_contain_text("all")
    page.locator("#objectives thead th", has_text="status").get_by_role("button").click()
    statuses = page.locator("#objectives tbody .badge").all_inner_texts()
    assert "SKIPPED" in statuses[0]
    assert "CRITICAL" in statuses[-1]
    expect(head).to_have_attribute("aria-sort", "descending")


def test_without_scripts_all_is_there(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, ramp(), tmp_path, java_script_enabled=False)
    for section in ("objectives", "pictures", "stages", "endpoints", "checks", "failures", "generator", "again"):
        expect(opened.page.locator(f"#{section}")).to_be_visible()
    assert opened.page.locator("svg.drawing").count() == 6
    assert opened.page.get_by_role("button").count() == 0
    assert opened.wrong == []


def test_it_prints(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, ramp(), tmp_path, color_scheme="dark")
    opened.page.emulate_media(media="print")
    back = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == "rgb(255, 255, 255)"
    expect(opened.page.locator("nav")).to_be_hidden()
    printed = opened.page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF")
    if SHOTS:
        (Path(SHOTS) / "report-print.pdf").write_bytes(printed)
    assert opened.wrong == []
