"""Whatever a server does to its connections, each request ends, counts once, and has no other request's answer."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gevent
import pytest

from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings
from tests.support.lean_agent import needs_openssl, serving, trusting
from tests.support.scripted import certificate
from tests.support.unsteady import Unsteady, content_of

LIMITS: dict[str, Any] = {"connection_timeout_s": 20.0, "network_timeout_s": 0.5, "response_timeout_s": 1.0}
PAUSES_S = (0, 0, 0, 0.01, 0.5)
SLACK_S = 0.3
"""Between a server's look at the clock and its bytes, and between a client's look at a connection and its own."""
METHODS = ("GET", "GET", "HEAD", "POST", "POST", "PUT")
pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("cert"), "localhost")


class Events:
    def __init__(self) -> None:
        self.of: Counter[str] = Counter()

    def fire(self, name: str, **_: Any) -> None:
        self.of[name] += 1


class Requests:
    """Requests of several greenlets with one session, as ``seed`` chooses them."""

    def __init__(self, server: Unsteady, seed: int, settings: Settings) -> None:
        self.events = Events()
        self.session = LeanHttpSession(server.url, self.events, None, settings)
        self.numbers = iter(range(1, 1_000_000))
        self.asked: dict[int, str] = {}
        self.began_s: dict[int, float] = {}
        self.answered: dict[int, Any] = {}
        self._chance = random.Random(seed)

    def some(self, count: int) -> None:
        for _ in range(count):
            number, method = next(self.numbers), self._chance.choice(METHODS)
            size = self._chance.choice((0, 0, 100, 400_000)) if method in ("POST", "PUT") else 0
            self.asked[number] = method
            gevent.sleep(self._chance.choice(PAUSES_S))
            self.began_s[number] = time.monotonic()
            self.answered[number] = self.session.request(method, f"/{number}", data=b"x" * size)

    def check(self, server: Unsteady) -> None:
        assert self.asked.keys() == self.answered.keys()
        assert self.events.of == {f"/{number}": 1 for number in self.asked}
        for number, response in self.answered.items():
            content = b"" if self.asked[number] == "HEAD" else content_of(number)
            if response.status_code == 200 and response.content != content:
                # What is sent unasked while a request is under way cannot be told from its answer.
                sent_s = max(map(float, re.findall(r"\d+\.\d+", response.headers["X-Sent"])))
                assert self.began_s[number] < sent_s + SLACK_S
            elif response.status_code == 200:
                assert response.error is None
            else:
                assert response.status_code in (0, 408)
                assert response.error is not None
        posts = [number for number, method in self.asked.items() if method == "POST"]
        assert all(server.received[number] <= 1 for number in posts), "a request that may have begun was sent again"


def check(seed: int, greenlets: int, count: int, cert: tuple[Path, Path] | None) -> Unsteady:
    settings = Settings(**LIMITS, ssl_context_factory=trusting(cert[0]).ssl_context_factory if cert else None)
    with Unsteady(seed, serving(cert) if cert else None) as server:
        requests = Requests(server, seed, settings)
        with gevent.Timeout(120, AssertionError(f"it hangs, with seed {seed}")):
            gevent.joinall([gevent.spawn(requests.some, count) for _ in range(greenlets)], raise_error=True)
        requests.check(server)
        requests.session.close()
    return server


@pytest.mark.parametrize("tls", [False, pytest.param(True, marks=needs_openssl)], ids=["plain", "TLS"])
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 60))])
def test_no_state_of_a_connection_gives_a_wrong_answer_or_none(seed: int, tls: bool, cert: tuple[Path, Path]) -> None:
    server = check(seed, 4, 25, cert if tls else None)
    assert len(server.ends) > 8
