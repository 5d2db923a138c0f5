"""Requests to the web UI that another site's page makes in a visitor's browser."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSAL = (
    "refused: another site's page asks for this. Open Locust's own page; behind a proxy, let it keep the Host header."
)


def is_cross_site(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Return whether a request that may change something comes from a page of another site.

    Browsers say so with Sec-Fetch-Site, older ones with Origin; a program like curl sends neither. ``host`` is the host
    and port that the request was sent to.
    """
    if method in SAFE_METHODS:
        return False
    site = headers.get("Sec-Fetch-Site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    return bool(origin) and urlsplit(str(origin)).netloc.lower() != host.lower()
