"""Requests of the lean client to a scripted server."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import gevent
import gevent.ssl
import pytest

from slo.lean.agent import Agent
from slo.lean.body import Body
from slo.lean.response import Response
from slo.lean.settings import Settings
from tests.support.scripted import Scripted

QUICK = Settings(connection_timeout_s=5, network_timeout_s=5, response_timeout_s=5, max_response_bytes=1 << 20)
IMPATIENT = Settings(connection_timeout_s=0.3, network_timeout_s=0.2, response_timeout_s=0.4)
CLOSED = b"HTTP/1.1 200 OK\r\n\r\n"


def ask(
    server: Scripted,
    method: str = "GET",
    path: str = "/",
    settings: Settings = QUICK,
    headers: dict[str, str] | None = None,
    body: Body | None = None,
) -> Response:
    agent = Agent(server.url, settings)
    try:
        with gevent.Timeout(20, AssertionError("it hangs")):
            return agent.send(method, path, headers, body, True, None)
    finally:
        agent.close()


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make certificates with")


def serving(cert: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*cert)
    return context


def trusting(cert: Path) -> Settings:
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cert)
    return Settings(ssl_context_factory=lambda: context, network_timeout_s=5)
