"""The header lines of requests: those that never change for a route, and those of one request."""

from __future__ import annotations

from collections.abc import Mapping

from slo.lean.body import Body
from slo.lean.cookies import Cookies
from slo.lean.lines import HeaderLines
from slo.lean.url import Target

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LENGTHS = frozenset({"content-length", "transfer-encoding"})


class RequestHeaders:
    """Makes header lines; a name, whatever its case, is sent once."""

    def __init__(self) -> None:
        self.lines = HeaderLines()

    def of_server(
        self, target: Target, proxy: Target | None, defaults: Mapping[str, str], given: frozenset[str]
    ) -> bytes:
        """Return the headers of every request to a server.

        ``given`` are the lower-case names that each request has itself, ``proxy`` is that of a request without TLS.
        """
        own = {name.lower(): (name, value) for name, value in defaults.items() if value is not None}
        if target.authorization:
            own["authorization"] = ("Authorization", target.authorization)
        if proxy and proxy.authorization:
            own["proxy-authorization"] = ("Proxy-Authorization", proxy.authorization)
        host = own.pop("host", ("Host", target.origin.authority))
        parts = [] if "host" in given else [self.lines.of(*host)]
        left = given | _LENGTHS
        parts += [self.lines.of(*line) for key, line in own.items() if key not in left]
        return b"".join(parts)

    def of_request(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: Body | None,
        cookiejar: Cookies,
        fixed: frozenset[str],
    ) -> bytes:
        """Return the header lines of one request only; ``fixed`` are the lower-case names of those of its route."""
        line = self.lines.of
        given = {name.lower() for name in headers}
        if len(given) < len(headers) or given & _LENGTHS:
            last = {name.lower(): (name, value) for name, value in headers.items()}
            headers = dict(pair for key, pair in last.items() if key not in _LENGTHS)
        parts = [line(name, value) for name, value in headers.items() if value is not None]
        if body is not None:
            if body.content_type and "content-type" not in given and "content-type" not in fixed:
                parts.append(line("Content-Type", body.content_type))
            parts.append(b"Content-Length: %d\r\n" % len(body.content))
        elif method in WITH_BODY:
            parts.append(b"Content-Length: 0\r\n")
        if cookiejar.filled and "cookie" not in given and "cookie" not in fixed:
            cookie = cookiejar.header_for(target.url)
            if cookie:
                parts.append(line("Cookie", cookie))
        return b"".join(parts)
