"""TLS connections of the lean client."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gevent
import gevent.ssl
import pytest

from slo.lean.agent import Agent
from slo.lean.body import Body
from slo.lean.settings import Settings
from slo.measure.failure_kind import kind_of
from tests.support.lean_agent import IMPATIENT, QUICK, ask, needs_openssl, serving, trusting
from tests.support.scripted import CLOSE, READ, Scripted, Step, certificate, ok

pytestmark = pytest.mark.usefixtures("no_proxy")


@needs_openssl
def test_tls_with_a_trusted_certificate(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    named: list[str | None] = []
    tls = serving(cert)
    tls.sni_callback = lambda _sock, name, _context: named.append(name)
    with Scripted([READ, ok(b"x" * 300_000), READ, ok(b"second")], tls=tls) as server:
        agent = Agent(server.url, trusting(cert[0]))
        assert agent.send("GET", "/", None, None, True, None).content == b"x" * 300_000
        assert agent.send("POST", "/", None, Body(b"y" * 300_000, None), True, None).content == b"second"
        agent.close()
        assert (server.connections, named) == (1, ["localhost"])


@needs_openssl
@pytest.mark.parametrize(
    ("host", "dates", "words"),
    [
        ("elsewhere.example", None, "Hostname mismatch"),
        ("localhost", ("20200101000000Z", "20200102000000Z"), "certificate has expired"),
        ("localhost", ("20990101000000Z", "20990102000000Z"), "certificate is not yet valid"),
        ("localhost", None, "self-signed certificate"),
    ],
)
def test_tls_with_a_certificate_that_is_not_good(
    tmp_path: Path, host: str, dates: tuple[str, str] | None, words: str
) -> None:
    cert = certificate(tmp_path, host, dates)
    trusted = words != "self-signed certificate"
    with Scripted([READ, ok()], tls=serving(cert)) as server:
        refused = ask(server, settings=trusting(cert[0]) if trusted else QUICK)
        assert words in str(refused.error)
        assert "CERTIFICATE_VERIFY_FAILED" in kind_of(refused.error, refused)
        assert server.requests == []
        assert ask(server, settings=Settings(insecure=True)).content == b"hello"


@needs_openssl
def test_tls_cut_off(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    with Scripted([READ, ok()[:-2], CLOSE], tls=serving(cert)) as server:
        assert "in the answer's body" in str(ask(server, settings=trusting(cert[0])).error)
    with Scripted([READ, 5.0], tls=serving(cert)) as server:
        agent = Agent(server.url, trusting(cert[0]))
        assert "nothing for 0.2 s" in str(agent.send("GET", "/", None, None, True, 0.2).error)


@needs_openssl
@pytest.mark.parametrize(("pause_s", "timeout_s", "words"), [(0.5, 20.0, "None"), (30.0, 0.5, "nothing for 0.5 s")])
def test_a_large_upload_over_tls_lets_others_run(tmp_path: Path, pause_s: float, timeout_s: float, words: str) -> None:
    cert = certificate(tmp_path, "localhost")
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            gevent.sleep(0.01)
            ticks += 1

    with Scripted([pause_s, READ, ok()], tls=serving(cert)) as server:
        agent = Agent(server.url, trusting(cert[0]))
        ticker = gevent.spawn(tick)
        answer = agent.send("POST", "/", None, Body(b"y" * 20_000_000, None), True, timeout_s)
        ticker.kill()
        agent.close()
    assert words in str(answer.error)
    assert ticks > 10


@needs_openssl
def test_a_tls_connection_closed_between_requests_is_replaced(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "localhost")
    with Scripted([READ, ok(), CLOSE], [READ, ok(b"second")], tls=serving(cert)) as server:
        agent = Agent(server.url, trusting(cert[0]))
        agent.send("POST", "/", None, None, True, None)
        gevent.sleep(0.1)
        assert agent.send("POST", "/", None, None, True, None).content == b"second"
        agent.close()


@pytest.mark.parametrize(("script", "kind"), [([ok()], "connection: SSLError"), ([5.0], "timeout")])
def test_tls_with_a_server_that_speaks_none(script: Sequence[Step], kind: str) -> None:
    with Scripted(script) as server:
        answer = Agent(server.url.replace("http:", "https:"), IMPATIENT).send("GET", "/", None, None, True, None)
    assert kind in kind_of(answer.error, answer)
