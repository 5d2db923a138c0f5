"""A user's cookies: Python's own jar, used only if it has a cookie."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.request import Request

from slo.lean.headers import Headers


class Cookies(CookieJar):
    """``filled`` is whether any cookie was ever set: until then, a request does not use the jar."""

    def __init__(self) -> None:
        super().__init__(policy=DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal))
        self.filled = False

    def set_cookie(self, cookie: Cookie) -> None:
        """Keep a cookie."""
        self.filled = True
        super().set_cookie(cookie)

    def header_for(self, url: str) -> str | None:
        """Return the Cookie header that a request for ``url`` carries."""
        request = Request(url)  # noqa: S310  # nothing is opened
        self.add_cookie_header(request)
        found: str | None = request.get_header("Cookie")
        return found

    def store(self, url: str, headers: Headers) -> None:
        """Keep what an answer from ``url`` sets."""
        self.extract_cookies(_ResponseHeaders(headers), Request(url))  # type: ignore[arg-type]  # noqa: S310


class _ResponseHeaders:
    """As much of urllib's answer as a jar reads."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def info(self) -> Any:
        return self._headers
