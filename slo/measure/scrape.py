"""Metrics of the target: memory, open files and circuit breakers, read at intervals in Prometheus' text format.

These requests are not part of the load. The bearer token is sent to the target only and is never recorded.
"""

from __future__ import annotations

import http.client
import math
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

PERIOD_S = 5.0
"""Between two reads, in the plan's own time."""
MIN_PERIOD_S = 0.25
TIMEOUT_S = 2.0
MAX_BYTES = 4 * 1024 * 1024
MAX_GAUGES = 16
"""Values kept of one read."""
WANTED = ("process_resident_memory_bytes", "process_open_fds")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


class ScrapeError(Exception):
    """Metrics that could not be read; the text says why, without address and token."""


def period_s(time_scale: float) -> float:
    """Return the seconds between two reads where the plan's time is compressed by ``time_scale``."""
    return max(MIN_PERIOD_S, PERIOD_S * min(1.0, time_scale))


def parse(text: str) -> dict[str, float]:
    """Return memory, open files, and every gauge of a circuit breaker (``name{labels}``), by name.

    A line that is not in the text format of Prometheus is skipped.
    """
    found: dict[str, float] = {}
    types: dict[str, str] = {}
    for line in text.splitlines():
        name = _NAME.match(line)
        if line.startswith("# TYPE "):
            types[line.split()[2] if len(line.split()) > 2 else ""] = line
        elif name and (name[0] in WANTED or _is_breaker(name[0])):
            for key, value in _samples(f"{types.get(name[0], '')}\n{line}\n"):
                if math.isfinite(value) and len(found) < MAX_GAUGES:
                    found[key] = value
    return found


def _is_breaker(name: str) -> bool:
    """Return whether a metric is of a circuit breaker; a client's ``*_created`` gauge is when it was made."""
    return "breaker" in name.lower() and not name.endswith("_created")


def _samples(text: str) -> Iterator[tuple[str, float]]:
    """Yield the wanted samples of a line, by name; none if the line is damaged."""
    try:
        families = list(text_string_to_metric_families(text))
    except (ValueError, IndexError, KeyError):
        return
    for family in families:
        for sample in family.samples:
            if sample.name in WANTED or family.type == "gauge":
                labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
                yield (sample.name + (f"{{{labels}}}" if labels else ""))[:120], float(sample.value)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token is for this host only."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


class Scraper:
    """Reads the metrics of ``host`` at ``path``."""

    def __init__(self, host: str, path: str, token: str = "") -> None:
        self._url = host.rstrip("/") + "/" + path.lstrip("/")
        self._headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))

    def read(self) -> dict[str, float]:
        """Return what the metrics say now; raises ScrapeError."""
        if not self._url.startswith(("http://", "https://")):
            raise ScrapeError("the host is not an http address")
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
            raise ScrapeError("it has no metric of memory, open files or circuit breakers")
        return found
