"""Opening connections: straight, or through the proxy that the environment names."""

from __future__ import annotations

import os
import ssl
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

import gevent
import gevent.socket
from gevent.timeout import Timeout
from requests.utils import get_environ_proxies, select_proxy

from slo.lean import tls
from slo.lean.connection import Connection, PlainConnection, TlsConnection
from slo.lean.errors import DisconnectedError, InvalidRequestError
from slo.lean.heads import HeadCache
from slo.lean.settings import Settings
from slo.lean.url import Origin, Target, parse

_MAX_ANSWER_BYTES = 64 * 1024


def proxy_of(origin: Origin, settings: Settings) -> Target | None:
    """Return the proxy for ``origin``, by requests' rules for the environment; None for a direct connection.

    Raises InvalidRequestError for a proxy of another scheme than http.
    """
    named = settings.proxy
    if named is None:
        url = f"{origin.scheme}://{origin.authority}/"
        named = select_proxy(url, get_environ_proxies(url))
    if not named:
        return None
    if "://" not in named:
        named = f"http://{named}"
    if urlsplit(named).scheme != "http":
        raise InvalidRequestError(
            f"the proxy {_without_user(named)} is not supported: its URL begins with http:// (neither SOCKS nor TLS)"
        )
    return parse(named)


def open_connection(
    origin: Origin, proxy: Target | None, settings: Settings, timeout_s: float, heads: HeadCache
) -> Connection:
    """Connect to ``origin`` within ``timeout_s`` seconds, TLS and proxy included; raises OSError and LeanError."""
    expired = TimeoutError(f"timed out: no connection within {timeout_s:g} s")
    with Timeout(timeout_s, expired):
        to = proxy.origin if proxy else origin
        sock = gevent.socket.create_connection((to.host, to.port))
        try:
            sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
            if origin.scheme == "http":
                return PlainConnection(sock, settings.max_response_bytes, heads)
            if proxy:
                sock = _open_tunnel(sock, origin, proxy, timeout_s)
            make = settings.ssl_context_factory
            context: ssl.SSLContext = make() if make else tls.context(settings.insecure)
            sock = context.wrap_socket(sock, server_hostname=origin.host)
            return TlsConnection(sock, settings.max_response_bytes, heads)
        except BaseException:
            sock.close()
            raise


def _open_tunnel(sock: Any, origin: Origin, proxy: Target, timeout_s: float) -> Any:
    """Request a tunnel from the proxy and return the socket of the tunnel."""
    end = monotonic() + timeout_s
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = f"CONNECT {host}:{origin.port} HTTP/1.1\r\nHost: {host}:{origin.port}\r\n"
    if proxy.authorization:
        lines += f"Proxy-Authorization: {proxy.authorization}\r\n"
    connection = PlainConnection(gevent.socket.socket(fileno=os.dup(sock.fileno())), _MAX_ANSWER_BYTES)
    try:
        answer = connection.exchange(f"{lines}\r\n".encode(), True, max(end - monotonic(), 0.001), timeout_s)
        if answer.status != 200:
            raise DisconnectedError(f"the proxy allowed no connection: {answer.status} {answer.reason}".rstrip())
    finally:
        connection.close()
    return sock


def _without_user(url: str) -> str:
    return unquote(url).rpartition("@")[2]
