"""Sends requests and returns their responses: connections reused, redirects followed, cookies kept, bodies decoded."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from slo.lean import url as urls
from slo.lean.body import Body
from slo.lean.connection import Connection
from slo.lean.content import ACCEPTED, decompress
from slo.lean.cookies import Cookies
from slo.lean.dial import open_connection, proxy_of
from slo.lean.errors import FAILURES, DisconnectedError, TooManyRedirectsError
from slo.lean.heads import HeadCache
from slo.lean.lines import HeaderLines, request_line
from slo.lean.parser import Parser
from slo.lean.response import Response
from slo.lean.settings import Settings
from slo.lean.url import Origin, Target
from slo.text.version import __version__

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NO_HEADERS: Mapping[str, str] = {}
_OF_BODY = frozenset({"content-type", "content-length", "transfer-encoding"})
MAX_ROUTES = 128
"""Maximum number of routes that one user keeps: there may be thousands of users."""
Timeouts = float | tuple[float | None, float | None] | None


class Route(NamedTuple):
    """What begins each request of one kind: its way, its first line and the headers that never change."""

    target: Target
    url: str
    start: bytes
    whole: bytes
    """The whole of a request that has neither headers nor a body of its own."""
    proxy: Target | None
    idle: list[Connection]
    """The connections to its server that wait for work."""


class Agent:
    """One user's HTTP client, without any knowledge of Locust."""

    response_class: type[Response] = Response

    def __init__(self, base_url: str | None, settings: Settings, heads: HeadCache | None = None) -> None:
        self._heads = heads or HeadCache()
        self.settings = settings
        self.cookiejar = Cookies()
        self._base = urls.parse(base_url) if base_url else None
        self.base_url = base_url if self._base is None or self._base.authorization is None else self._base.url
        self._defaults = {"User-Agent": f"locust-slo/{__version__}", "Accept-Encoding": ACCEPTED}
        self._defaults.update(settings.default_headers)
        self._lines = HeaderLines()
        self._routes: dict[tuple[str, str, tuple[str, ...]], Route] = {}
        self._idle: dict[Origin, list[Connection]] = {}
        self._timeouts = settings.connection_timeout_s, settings.network_timeout_s
        self._proxies: dict[Origin, Target | None] = {}

    def close(self) -> None:
        """Close the connections that wait for work."""
        for waiting in self._idle.values():
            while waiting:
                waiting.pop().close()

    def full_url(self, url: str) -> str:
        """Return ``url`` with the base before it, unless it is absolute."""
        if url[:1] == "/" or url[:7].lower() not in ("http://", "https:/"):
            base = self.base_url or ""
            return f"{base[:-1]}{url}" if base[-1:] == "/" == url[:1] else f"{base}{url}"
        return url

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: Body | None,
        allow_redirects: bool,
        timeouts: Timeouts,
    ) -> Response:
        """Request ``url`` (a path below the base, or absolute) and return the response.

        Nothing is raised for a request that fails: the response's ``error`` says why.
        """
        try:
            lead = self._routes.get((method, url, tuple(headers) if headers else ()))
            if lead is None:
                lead = self._route(method, url, headers)
            response = self._send_once(method, lead, headers, body, timeouts)
            if response.status_code in REDIRECTS and allow_redirects and self.settings.max_redirects:
                return self._follow(response, lead.target, headers, body, timeouts)
            return response
        except FAILURES as error:
            return self.response_class(self.full_url(url), method, error)

    def _follow(
        self,
        response: Response,
        target: Target,
        headers: Mapping[str, str] | None,
        body: Body | None,
        timeouts: Timeouts,
    ) -> Response:
        """Follow redirects, as requests does."""
        history: list[Response] = []
        method = response.request.method
        while response.status_code in REDIRECTS and (location := response.header("location")):
            if len(history) >= self.settings.max_redirects:
                raise TooManyRedirectsError(f"redirected more than {self.settings.max_redirects} times")
            history.append(response)
            there = urls.redirected(target, location)
            changed = _method_after(response.status_code, method)
            if response.status_code not in (307, 308):
                body = None
                headers = {name: value for name, value in (headers or {}).items() if name.lower() not in _OF_BODY}
            if there.origin != target.origin:
                headers = {name: value for name, value in (headers or {}).items() if name.lower() != "authorization"}
            elif there.authorization is None:
                there = there._replace(authorization=target.authorization)
            method, target = changed, there
            lead = self._make_route(method, there, tuple(headers or ()))
            response = self._send_once(method, lead, headers, body, timeouts)
        response.history = history
        return response

    def _route(self, method: str, url: str, headers: Mapping[str, str] | None) -> Route:
        names = tuple(headers) if headers else ()
        whole = self.full_url(url)
        target = urls.join(self._base, whole, url) if self._base and whole is not url else urls.parse(whole)
        if self._base and target.authorization is None and target.origin == self._base.origin:
            target = target._replace(authorization=self._base.authorization)
        lead = self._make_route(method, target, names)
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        self._routes[method, url, names] = lead
        return lead

    def _make_route(self, method: str, target: Target, names: tuple[str, ...]) -> Route:
        given = {name.lower() for name in names}
        proxy = self._proxy(target.origin)
        through = proxy if target.origin.scheme == "http" else None
        parts = [request_line(method, target.url if through else target.path)]
        if "host" not in given:
            parts.append(self._lines.of("Host", target.origin.authority))
        own = dict(self._defaults)
        if target.authorization:
            own["Authorization"] = target.authorization
        if through and through.authorization:
            own["Proxy-Authorization"] = through.authorization
        parts += [self._lines.of(name, value) for name, value in own.items() if name.lower() not in given]
        start = b"".join(parts)
        idle = self._idle.setdefault(target.origin, [])
        return Route(target, target.url, start, start + b"\r\n", proxy, idle)

    def _proxy(self, origin: Origin) -> Target | None:
        if origin not in self._proxies:
            self._proxies[origin] = proxy_of(origin, self.settings)
        return self._proxies[origin]

    def _send_once(
        self, method: str, route: Route, headers: Mapping[str, str] | None, body: Body | None, timeouts: Timeouts
    ) -> Response:
        if headers or body is not None or method in _WITH_BODY or self.cookiejar.filled:
            head = route.start + self._request_headers(method, route.target, headers or _NO_HEADERS, body) + b"\r\n"
            content = body.content if body else b""
            data = head + content
        else:
            data = head = route.whole
            content = b""
        if self.settings.max_retries and method in IDEMPOTENT:
            parser = self._exchange_with_retries(method, route, data, timeouts)
        else:
            parser = self._exchange(method, route, data, timeouts)
        response = self.response_class(route.url, method)
        response.status_code = parser.status
        response.reason = parser.reason
        response.content = parser.content
        response._sent = (head, content)
        response._names, response._values = names, _ = parser.names, parser.values
        spelt = ",".join(names).lower()
        if "set-cookie" in spelt or "content-encoding" in spelt:
            self._finish(response)
        return response

    def _finish(self, response: Response) -> None:
        """Unpack the body and keep the cookies."""
        headers, content = response.headers, response.content
        assert headers is not None
        if "set-cookie" in headers:
            self.cookiejar.store(response.url, headers)
        encodings = headers.get("content-encoding")
        if encodings and content:
            response.content = decompress(content, encodings, self.settings.max_response_bytes)

    def _request_headers(self, method: str, target: Target, headers: Mapping[str, str], body: Body | None) -> bytes:
        """Return the header lines of this request only."""
        line = self._lines.of
        parts = [line(name, value) for name, value in headers.items() if value is not None]
        given = {name.lower() for name in headers}
        if given & {"content-length", "transfer-encoding"}:
            parts = [one for one in parts if not one.lower().startswith((b"content-length:", b"transfer-encoding:"))]
        if body is not None:
            if body.content_type and "content-type" not in given:
                parts.append(line("Content-Type", body.content_type))
            parts.append(b"Content-Length: %d\r\n" % len(body.content))
        elif method in _WITH_BODY:
            parts.append(b"Content-Length: 0\r\n")
        if self.cookiejar.filled and "cookie" not in given:
            cookie = self.cookiejar.header_for(target.url)
            if cookie:
                parts.append(line("Cookie", cookie))
        return b"".join(parts)

    def _exchange_with_retries(self, method: str, route: Route, data: bytes, timeouts: Timeouts) -> Parser:
        """Send and receive, ``max_retries`` times more when it fails."""
        for _ in range(self.settings.max_retries):
            with suppress(*FAILURES):
                return self._exchange(method, route, data, timeouts)
        return self._exchange(method, route, data, timeouts)

    def _exchange(self, method: str, route: Route, data: bytes, timeouts: Timeouts) -> Parser:
        """Send and receive; once more if a reused connection was closed and repeating is safe."""
        settings, idle = self.settings, route.idle
        connect_s, read_s = self._timeouts if timeouts is None else self._timeouts_with_defaults(timeouts)
        fresh = False
        while True:
            connection = self._take_idle(idle, method) if idle and not fresh else None
            if connection is None:
                connection = open_connection(route.target.origin, route.proxy, settings, connect_s, self._heads)
            try:
                parser = connection.exchange(data, method == "HEAD", read_s, settings.response_timeout_s)
            except BaseException as error:
                connection.close()
                if _was_closed_while_idle(connection, error) and method in IDEMPOTENT:
                    fresh = True  # what else waits is as old
                    continue
                raise
            if parser.reusable() and len(idle) < settings.idle_connections:
                connection.rest()
                idle.append(connection)
            else:
                connection.close()
            return parser

    def _timeouts_with_defaults(self, timeouts: Timeouts) -> tuple[float, float]:
        """Return a request's timeouts, in seconds; None means the user's."""
        one, other = timeouts if isinstance(timeouts, tuple) else (timeouts, timeouts)
        connect_s, read_s = self._timeouts
        return connect_s if one is None else one, read_s if other is None else other

    @staticmethod
    def _take_idle(idle: list[Connection], method: str) -> Connection | None:
        while idle:
            connection = idle.pop()
            # What arrived while it was idle answers no request of ours. An idempotent request can be repeated, so that
            # its connection is not checked where it was idle for no turn of the event loop.
            if (method in IDEMPOTENT and not connection.has_rested()) or not connection.stale():
                return connection
            connection.close()
        return None


def _was_closed_while_idle(connection: Connection, error: BaseException) -> bool:
    """Whether the server closed a reused connection before it read this request: no byte of a response arrived."""
    if not connection.reused or connection.parser.received:
        return False
    return isinstance(error, DisconnectedError | ConnectionResetError | BrokenPipeError)


def _method_after(status: int, method: str) -> str:
    if (status == 303 and method != "HEAD") or (status == 302 and method != "HEAD"):
        return "GET"
    return "GET" if status == 301 and method == "POST" else method
