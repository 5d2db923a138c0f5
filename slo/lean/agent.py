"""Sends requests and returns their responses: connections reused, redirects followed, cookies kept, bodies decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from slo.lean import redirect
from slo.lean import url as urls
from slo.lean.auth import Authenticated, AuthObject
from slo.lean.body import Body
from slo.lean.connection import Connection, was_closed_while_idle
from slo.lean.content import ACCEPTED, decompress
from slo.lean.cookies import Cookies
from slo.lean.default_headers import DefaultHeaders
from slo.lean.dial import open_connection, proxy_of
from slo.lean.errors import FAILURES, DisconnectedError, TooManyRedirectsError
from slo.lean.heads import HeadCache
from slo.lean.lines import request_line
from slo.lean.pool import Pool
from slo.lean.request_headers import WITH_BODY, RequestHeaders
from slo.lean.response import Response
from slo.lean.route import Route, Server
from slo.lean.settings import Settings
from slo.lean.stream import Stream
from slo.lean.streamed import StreamedResponse
from slo.lean.unpacker import Unpacker
from slo.lean.url import Origin, Target
from slo.text.version import __version__

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_NO_HEADERS: Mapping[str, str] = {}
MAX_ROUTES = 128
"""Maximum number of routes that one user keeps: there may be thousands of users."""
CLOSED_WHILE_IDLE = "connection closed by the server while idle, or before it answered"
Timeouts = float | tuple[float | None, float | None] | None


class Limits(NamedTuple):
    """How often a request is redirected, and sent again after a failure of the network."""

    redirects: int
    retries: int


class Agent:
    """One user's HTTP client, without any knowledge of Locust."""

    response_class: type[Response] = Response
    streamed_class: type[StreamedResponse] = StreamedResponse

    def __init__(self, base_url: str | None, settings: Settings, heads: HeadCache | None = None) -> None:
        if settings.ssl_context_factory is not None:
            settings = replace(settings, ssl_context_factory=cache(settings.ssl_context_factory))
        self._heads = heads or HeadCache()
        self.settings = settings
        self.cookiejar = Cookies()
        self._headers = RequestHeaders()
        self._routes: dict[tuple[str, str, tuple[str, ...]], Route] = {}
        self._servers: dict[tuple[Origin, str | None, tuple[str, ...]], Server] = {}
        self._pools: dict[Origin, Pool] = {}
        self._proxies: dict[Origin, Target | None] = {}
        self._defaults = DefaultHeaders(
            self._forget_routes, {"User-Agent": f"locust-slo/{__version__}", "Accept-Encoding": ACCEPTED}
        )
        self._defaults.update(settings.default_headers)
        self._authorization: str | None = None
        self._timeouts = settings.connection_timeout_s, settings.network_timeout_s
        self._limits = Limits(settings.max_redirects, settings.max_retries)
        self._set_base(base_url)

    def close(self) -> None:
        """Close the connections: the idle ones now, the others when their exchange is complete."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()
        self._forget_routes()

    def _forget_routes(self) -> None:
        """Make routes anew from now on: what they are made of has changed."""
        self._routes.clear()
        self._servers.clear()

    def _set_base(self, base_url: str | None) -> None:
        """Send what has a relative URL to another base from now on."""
        self._base = urls.parse(base_url) if base_url else None
        self._base_url = base_url if self._base is None or self._base.authorization is None else self._base.url
        self._forget_routes()

    def full_url(self, url: str) -> str:
        """Return ``url`` with the base before it, unless it is absolute."""
        if url[:1] == "/" or url[:7].lower() not in ("http://", "https:/"):
            base = self._base_url or ""
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
        limits: Limits | None = None,
        stream: bool = False,
        auth: AuthObject | None = None,
    ) -> Response:
        """Request ``url`` (a path below the base, or absolute) and return the response.

        ``limits`` are the settings' by default; the body of a ``stream`` is not read yet. Nothing is raised for a
        request that fails: the response's ``error`` says why.
        """
        limits = limits or self._limits
        try:
            route = self._routes.get((method, url, tuple(headers) if headers else ()))
            if route is None:
                route = self._route(method, url, headers)
            send_once = self._send_once if auth is None else Authenticated(auth, self._send_once, self._make_route)
            response = send_once(method, route, headers, body, timeouts, limits.retries, stream)
            if response.status_code in redirect.STATUSES and allow_redirects:
                return self._follow(send_once, response, route, headers, body, timeouts, limits, stream)
            return response
        except FAILURES as error:
            response_class = self.streamed_class if stream else self.response_class
            return response_class(self.full_url(url), method, error)

    def _follow(
        self,
        send_once: Callable[..., Response],
        response: Response,
        route: Route,
        headers: Mapping[str, str] | None,
        body: Body | None,
        timeouts: Timeouts,
        limits: Limits,
        stream: bool,
    ) -> Response:
        """Follow redirects, as requests does."""
        history: list[Response] = []
        followed = 0
        method, target, defaults = response.request.method, route.target, route.defaults
        while response.status_code in redirect.STATUSES and (location := response.header("location")):
            if followed >= limits.redirects:
                raise TooManyRedirectsError(f"redirected more than {limits.redirects} times")
            history += (*response.history, response)
            followed += 1
            there, status = urls.redirected(target, location), response.status_code
            trusted = redirect.is_trusted(target.origin, there.origin)
            if not trusted:
                defaults = redirect.defaults_after(defaults)
            elif there.authorization is None:
                there = there._replace(authorization=target.authorization)
            headers = redirect.headers_after(headers or _NO_HEADERS, status, trusted)
            body = body if redirect.keeps_body(status) else None
            method, target = redirect.method_after(status, method), there
            route = self._make_route(method, there, tuple(headers), defaults)
            response.close()
            response = send_once(method, route, headers, body, timeouts, limits.retries, stream)
        response.history = (*history, *response.history)
        return response

    def _route(self, method: str, url: str, headers: Mapping[str, str] | None) -> Route:
        names = tuple(headers) if headers else ()
        whole = self.full_url(url)
        target = urls.join(self._base, whole, url) if self._base and whole is not url else urls.parse(whole)
        if self._authorization is not None:
            target = target._replace(authorization=self._authorization)
        elif self._base and target.authorization is None and target.origin == self._base.origin:
            target = target._replace(authorization=self._base.authorization)
        route = self._make_route(method, target, names, self._defaults)
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        self._routes[method, url, names] = route
        return route

    def _make_route(self, method: str, target: Target, names: tuple[str, ...], defaults: Mapping[str, str]) -> Route:
        key = target.origin, target.authorization, names
        server = self._servers.get(key) if defaults is self._defaults else None
        if server is None:
            server = self._server(target, names, defaults)
            if defaults is self._defaults:
                if len(self._servers) >= MAX_ROUTES:
                    self._servers.clear()
                self._servers[key] = server
        start = request_line(method, target.url if server.by_proxy else target.path) + server.lines
        return Route(target, target.url_shown, start, start + b"\r\n", server, defaults)

    def _server(self, target: Target, names: tuple[str, ...], defaults: Mapping[str, str]) -> Server:
        origin = target.origin
        if origin not in self._proxies:
            self._proxies[origin] = proxy_of(origin, self.settings)
        proxy = self._proxies[origin]
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = Pool(
                lambda timeout_s: open_connection(origin, proxy, self.settings, timeout_s, self._heads),
                self.settings.concurrency,
            )
        given = frozenset(name.lower() for name in names)
        asked = proxy if origin.scheme == "http" else None
        lines = self._headers.of_server(target, asked, defaults, given)
        return Server(pool, lines, frozenset(name.lower() for name in defaults), asked is not None)

    def _send_once(
        self,
        method: str,
        route: Route,
        headers: Mapping[str, str] | None,
        body: Body | None,
        timeouts: Timeouts,
        retries: int,
        stream: bool,
    ) -> Response:
        jar, response_class = self.cookiejar, self.streamed_class if stream else self.response_class
        if headers or body is not None or method in WITH_BODY or jar.filled:
            own = self._headers.of_request(method, route.target, headers or _NO_HEADERS, body, jar, route.server.fixed)
            head = route.start + own + b"\r\n"
            content = body.content if body else b""
            data = head + content
        else:
            data = head = route.whole
            content = b""
        try:
            if retries and method in IDEMPOTENT:
                connection = self._exchange_with_retries(method, route, data, timeouts, retries, stream)
            else:
                connection = self._exchange(method, route, data, timeouts, stream)
        except FAILURES as error:
            response = response_class(route.url, method, error)
            response._sent = (head, content)
            return response
        parser, response = connection.parser, response_class(route.url, method)
        response.status_code = parser.status
        response.reason = parser.reason
        response._sent = (head, content)
        response._names, response._values = parser.names, parser.values
        encodings = None
        if parser.special:
            if "set-cookie" in parser.special and response.headers is not None:
                self.cookiejar.store(response.url, response.headers)
            encodings = response.header("content-encoding")
        if isinstance(response, StreamedResponse):
            unpacker = Unpacker(encodings, self.settings.max_response_bytes) if encodings else None
            response._stream = Stream(connection, route.server.pool, unpacker)
        elif encodings:
            response.content = decompress(parser.content, encodings, self.settings.max_response_bytes)
        else:
            response.content = parser.content
        return response

    def _exchange_with_retries(
        self, method: str, route: Route, data: bytes, timeouts: Timeouts, retries: int, stream: bool
    ) -> Connection:
        """Send and receive, ``retries`` times more when it fails."""
        for _ in range(retries):
            with suppress(*FAILURES):
                return self._exchange(method, route, data, timeouts, stream)
        return self._exchange(method, route, data, timeouts, stream)

    def _exchange(self, method: str, route: Route, data: bytes, timeouts: Timeouts, stream: bool) -> Connection:
        """Send and receive; once more if a reused connection was closed and repeating is safe."""
        pool, repeatable = route.server.pool, method in IDEMPOTENT
        connect_s, read_s = self._timeouts if timeouts is None else self._timeouts_with_defaults(timeouts)
        while True:
            connection = pool.take(connect_s)
            try:
                parser = connection.exchange(data, method == "HEAD", read_s, self.settings.response_timeout_s, stream)
            except BaseException as error:
                pool.discard(connection)
                if not was_closed_while_idle(connection, error):
                    raise
                if not repeatable:
                    raise DisconnectedError(CLOSED_WHILE_IDLE) from None
                pool.close_idle()  # what else waits is as old
                continue
            if not stream:  # whoever reads a stream releases its connection
                pool.release(connection, parser.reusable())
            return connection

    def _timeouts_with_defaults(self, timeouts: Timeouts) -> tuple[float, float]:
        """Return a request's timeouts, in seconds; None means the user's."""
        one, other = timeouts if isinstance(timeouts, tuple) else (timeouts, timeouts)
        connect_s, read_s = self._timeouts
        return connect_s if one is None else one, read_s if other is None else other
