"""The lean client beside requests: what httpbin sees of each, and what each makes of httpbin's answers.

``HTTPBIN`` is the URL of one on this machine: ``python -m venv V && V/bin/pip install httpbin``, then
``V/bin/python -c "from httpbin import app; app.run(port=8000, threaded=True)"``. Its package cannot be installed beside
gevent, whose greenlet is newer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests

from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings
from tests.support.httpbin_calls import CALLS, Call

HTTPBIN = os.environ.get("HTTPBIN", "").rstrip("/")
if not HTTPBIN:
    pytest.skip("HTTPBIN is no URL of a running httpbin", allow_module_level=True)

SENT_ANYWAY = ("Accept", "Accept-Encoding", "Connection", "User-Agent")
"""Headers of every request, which differ: docs/performance.md lists how."""
AGENT = re.compile(rb'(, )?"(Accept|Accept-Encoding|Connection|User-Agent)": "[^"]*"')
RAISES = {
    ("GET", "/redirect/40"): "TooManyRedirects",
    ("GET", "/headers"): "UnicodeEncodeError",  # a password beyond Latin-1
}


class NoEvent:
    def fire(self, **_: Any) -> None: ...


def arguments(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in words.items()}


def seen(ask: Callable[[], Any]) -> dict[str, Any]:
    """Return what a response shows, and what httpbin saw of the request, without what differs in every request."""
    try:
        response = ask()
    except (requests.RequestException, UnicodeEncodeError) as error:
        return {"raised": type(error).__name__}
    shown = {name: getattr(response, name) for name in ("status_code", "reason", "url", "ok")}
    shown["history"] = [one.status_code for one in response.history]
    try:
        shown["body"] = response.json()
    except ValueError:
        is_text = "text/" in (response.headers or {}).get("content-type", "")
        shown["body"] = response.text if is_text else AGENT.sub(b"", response.content or b"")
    if isinstance(shown["body"], dict):
        shown["body"]["headers"] = headers_of(shown["body"].get("headers") or {})
    return shown


def headers_of(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in headers.items() if name not in SENT_ANYWAY}
    kept["Content-Type"] = re.sub("boundary=.*", "", kept.get("Content-Type", ""))
    kept["Authorization"] = re.sub("^Digest .*", "Digest", kept.get("Authorization", ""))
    return kept


def name_of(call: Call) -> str:
    method, path, words = call
    return f"{method} {path} {', '.join(f'{name}={str(value)[:40]}' for name, value in words.items())}"


def as_fasthttpuser(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what requests shows with the differences that docs/performance.md lists."""
    method, _, words = call
    if not isinstance(shown.get("body"), dict):
        return shown
    headers = shown["body"]["headers"]
    data = arguments(words).get("data")
    is_sent = shown["body"].get("method") == method.upper()
    if data and is_sent and not headers["Content-Type"]:
        headers["Content-Type"] = "text/plain; charset=utf-8" if isinstance(data, str) else "application/octet-stream"
    if method in ("DELETE", "OPTIONS") and not data:
        headers.pop("Content-Length", None)
    return shown


@pytest.mark.parametrize("call", CALLS, ids=name_of)
def test_a_call_is_what_requests_makes_of_it(call: Call) -> None:
    method, path, words = call
    theirs = seen(lambda: requests.Session().request(method, HTTPBIN + path, **arguments(words)))
    session = LeanHttpSession(HTTPBIN, NoEvent(), None, Settings())
    ours = seen(lambda: session.request(method, path, **arguments(words)))
    if "raised" in theirs:
        assert theirs["raised"] == RAISES[method, path]
        assert ours["status_code"] in (0, 200)
        return
    assert ours == as_fasthttpuser(call, theirs)
