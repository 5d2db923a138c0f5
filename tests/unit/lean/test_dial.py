"""Which proxy a connection goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.lean.dial import open_connection, proxy_of
from slo.lean.errors import InvalidRequestError
from slo.lean.heads import HeadCache
from slo.lean.settings import Settings
from slo.lean.url import Origin, parse

ORIGIN = parse("http://shop.test:8080/").origin


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy(origin: Origin = ORIGIN, **settings: str) -> str | None:
    found = proxy_of(origin, Settings(**settings))  # type: ignore[arg-type]
    return found.origin.authority if found else None


def test_without_a_proxy_a_connection_is_direct() -> None:
    assert proxy() is None


def test_the_environment_names_a_proxy_and_its_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "proxy.test:3128")
    assert proxy() == "proxy.test:3128"
    assert proxy(parse("https://shop.test/").origin) is None
    monkeypatch.setenv("no_proxy", "shop.test")
    assert proxy() is None
    monkeypatch.setenv("no_proxy", "10.0.0.0/8")
    assert proxy(parse("http://10.1.2.3/").origin) is None
    assert proxy(parse("http://11.1.2.3/").origin) == "proxy.test:3128"


def test_the_setting_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "proxy.test:3128")
    monkeypatch.setenv("no_proxy", "*")
    assert proxy(proxy="http://own.test:1") == "own.test:1"


def test_another_scheme_is_refused_without_the_password() -> None:
    with pytest.raises(InvalidRequestError, match="its URL begins with http://") as caught:
        proxy(proxy="socks5://me:s3cret@own.test:1")
    assert "s3cret" not in str(caught.value)


def test_a_port_that_nobody_listens_on_is_an_error_of_the_system(tmp_path: Path) -> None:
    origin = parse("http://127.0.0.1:1/").origin
    with pytest.raises(OSError, match="refused"):
        open_connection(origin, None, Settings(), 5, HeadCache())
