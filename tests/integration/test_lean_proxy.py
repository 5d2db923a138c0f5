"""Proxies, as the environment names them to the lean client."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from slo.lean.agent import Agent
from tests.support.heard import Heard
from tests.support.lean_agent import QUICK, ask, needs_openssl, serving, trusting
from tests.support.scripted import READ, Scripted, Step, certificate, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


def test_a_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted([READ, ok(b"by proxy")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//us%40er:pass@"))
        answer = Agent("http://far.example:81/base", QUICK).send("GET", "/a?b", None, None, True, None)
        assert answer.content == b"by proxy"
        heard = Heard(proxy.requests[0])
        assert heard.path == "http://far.example:81/base/a?b"
        assert heard.headers["Host"] == "far.example:81"
        assert heard.headers["Proxy-Authorization"] == "Basic dXNAZXI6cGFzcw=="


def test_no_proxy_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Scripted([READ, ok()]) as server:
        assert ask(server).content == b"hello"


@needs_openssl
def test_tls_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert = certificate(tmp_path, "far.example")

    class Tunnel(Scripted):
        def _play(self, client: socket.socket, step: Step) -> bool:
            if step != "tunnel":
                return super()._play(client, step)
            with serving(cert).wrap_socket(client, server_side=True) as inner:
                return all(super(Tunnel, self)._play(inner, one) for one in (READ, ok(b"through"), 0.2))

    with Tunnel([READ, b"HTTP/1.1 200 Established\r\n\r\n", "tunnel"]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        answer = Agent("https://far.example", trusting(cert[0])).send("GET", "/a", None, None, True, None)
        assert (answer.content, answer.error) == (b"through", None)
        assert proxy.requests[0].startswith(b"CONNECT far.example:443 HTTP/1.1\r\n")
        assert proxy.requests[1].startswith(b"GET /a HTTP/1.1\r\nHost: far.example\r\n")


def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted([READ, ok(b"no", status=b"407 Who Are You")]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        answer = Agent("https://far.example", QUICK).send("GET", "/", None, None, True, None)
    assert "the proxy allowed no connection: 407 Who Are You" in str(answer.error)
