"""Debian's Chromium for tests that look at pages; playwright drives it."""

from __future__ import annotations

import os
import shutil
from typing import Any

from playwright.sync_api import Browser, Page, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOTS = os.environ.get("SCREENSHOTS")
"""A folder for pictures of what the tests see, for people."""
PATIENCE_MS = 120_000
"""How long a test waits for what it expects of a page: Chromium and Locust share few cores with other tests."""


def open_page(browser: Browser, width: int = 1366, **context: Any) -> Page:
    """Return an empty page of ``width`` pixels that is waited for with patience."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return page
