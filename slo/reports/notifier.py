"""Sends the verdict to a webhook, a few times if need be; whatever comes of that, the run stays what it is."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import Any
from urllib.parse import urlsplit

import gevent
import requests

from slo.record.run import Run
from slo.reports import notice
from slo.verdict.verdict import Verdict

SLACK = "hooks.slack.com"
RETRY_DELAYS_S = (1.0, 3.0)
"""Pauses before the second and the third attempt."""
MAX_RETRY_AFTER_S = 10.0
"""A Retry-After beyond this is not waited for."""
TIMEOUT_S = 5.0
TOTAL_S = 20.0


class NotifierError(Exception):
    """A webhook that cannot be; a sentence for the user, without the URL's secret part."""


class Notifier:
    """Sends verdicts to one webhook. Its URL is a secret: whoever has it can write there."""

    def __init__(self, url: str, on: str, kind: str) -> None:
        """``on`` is fail (not of PASS and WARNING) or always; ``kind`` auto, slack or json. Raises NotifierError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotifierError("--notify is the URL of a webhook, beginning with https:// or http://")
        self._url = url
        self._host = parts.hostname
        self._on = on
        self._slack = kind == "slack" or (kind == "auto" and parts.hostname == SLACK)

    def send(self, run: Run, verdict: Verdict) -> None:
        """Send the verdict, if it is one that the options select; a failure is printed and has no other effect."""
        if self._on == "fail" and verdict.status in ("PASS", "WARNING") and verdict.exit_code == 0:
            return
        why = "it took too long"
        try:
            body = (notice.message if self._slack else notice.document)(run, verdict, notice.link_of(os.environ))
            with gevent.Timeout(TOTAL_S, False):
                why = self._post_with_retries(body)
        except Exception as error:  # noqa: BLE001  # the run is recorded and judged: nothing here may change that
            why = type(error).__name__
        if why:
            sys.stderr.write(f"locust-slo: the verdict could not be sent to {self._host}: {why}\n")

    def _post_with_retries(self, body: dict[str, Any]) -> str:
        """Try to send; return why that failed, or an empty text."""
        why = ""
        for wait_s in (*RETRY_DELAYS_S, None):
            why, asked_s = self._post(body)
            if not why or asked_s is None or wait_s is None:
                return why
            gevent.sleep(max(wait_s, asked_s))
        return why

    def _post(self, body: dict[str, Any]) -> tuple[str, float | None]:
        """Send once; return why it failed, and after how many seconds to retry (None: do not retry)."""
        try:
            answer = requests.post(self._url, json=body, timeout=TIMEOUT_S, allow_redirects=False)
        except requests.Timeout:
            return f"no answer within {TIMEOUT_S:.0f} s", 0.0
        except requests.RequestException as error:
            return f"{type(error).__name__}", 0.0  # its text has the URL
        if answer.status_code < 300:
            return "", None
        why = f"it answered {answer.status_code}"
        if answer.status_code != 429 and answer.status_code < 500:
            return why, None
        asked = answer.headers.get("Retry-After", "0")
        asked_s = float(asked) if asked.isdecimal() else 0.0
        return why, asked_s if asked_s <= MAX_RETRY_AFTER_S else None


def notifier_for(options: Namespace) -> Notifier | None:
    """Return the notifier for the options; None without --notify. Raises NotifierError."""
    return Notifier(options.notify, options.notify_on, options.notify_format) if options.notify else None


def secrets_of(options: Namespace | None) -> tuple[str, ...]:
    """Return what must not be shown of the webhook's URL: its path and its query, which whoever knows them may use."""
    parts = urlsplit(getattr(options, "notify", "") or "")
    return parts.path, parts.query
