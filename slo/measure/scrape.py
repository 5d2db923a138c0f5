"""The target's own figures: reads its metrics now and then, in the text format of Prometheus.

These probes are no requests of the load. The bearer token goes to the target alone and is never recorded.
"""

from __future__ import annotations

import http.client
import math
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

PERIOD_S = 5.0
"""Between two looks, in the plan's own time."""
LEAST_S = 0.25
TIMEOUT_S = 2.0
MAX_BYTES = 4 * 1024 * 1024
MAX_GAUGES = 16
"""Figures kept of one look."""
WANTED = ("process_resident_memory_bytes", "process_open_fds")
_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})?\s+([^\s]+)(?:\s+-?[0-9]+)?\s*", re.ASCII)


class ScrapeError(Exception):
    """Metrics that could not be read; the text says why, without address and token."""


def period_s(time_scale: float) -> float:
    """Return the seconds between two looks where the plan's time is compressed by ``time_scale``."""
    return max(LEAST_S, PERIOD_S * min(1.0, time_scale))


def parse(text: str) -> dict[str, float]:
    """Return memory, open files, and every gauge of a breaker (``name{labels}``), by name."""
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            words = line.split()
            if len(words) == 4 and words[1] == "TYPE":
                kinds[words[2]] = words[3]
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, labels, number = match[1], match[2] or "", match[3]
        if name in WANTED or ("breaker" in name.lower() and kinds.get(name) == "gauge"):
            _keep(found, (name + labels)[:120], number)
    return found


def _keep(found: dict[str, float], name: str, number: str) -> None:
    try:
        value = float(number)
    except ValueError:
        return
    if math.isfinite(value) and len(found) < MAX_GAUGES:
        found[name] = value


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is for this host."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


class Scraper:
    """Asks ``host`` for its metrics at ``path``."""

    def __init__(self, host: str, path: str, token: str = "") -> None:
        self._url = host.rstrip("/") + "/" + path.lstrip("/")
        self._headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
        self._opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))

    def read(self) -> dict[str, float]:
        """Return what the metrics say now; raises ScrapeError."""
        if not self._url.startswith(("http://", "https://")):
            raise ScrapeError("the host is no http address")
        try:
            request = urllib.request.Request(self._url, headers=dict(self._headers))  # noqa: S310  # checked above
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read(MAX_BYTES).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            error.close()
            raise ScrapeError(f"HTTP {error.code}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise ScrapeError(str(reason)[:80] if isinstance(reason, OSError) else type(reason).__name__) from None
        found = parse(text)
        if not found:
            raise ScrapeError("no figure of memory, open files or breakers in it")
        return found
