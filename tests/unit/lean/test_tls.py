"""TLS contexts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from slo.lean import tls


def test_certificates_are_verified_unless_that_is_switched_off() -> None:
    assert (tls.context(False).verify_mode, tls.context(False).check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (tls.context(True).verify_mode, tls.context(True).check_hostname) == (ssl.CERT_NONE, False)


def test_there_is_one_context_for_all_users() -> None:
    assert tls.context(False) is tls.context(False)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_authorities_of_the_environment_are_trusted(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tls.context.cache_clear()
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    with pytest.raises(FileNotFoundError):
        tls.context(False)
    monkeypatch.setenv(name, str(tmp_path))
    assert tls.context(False).verify_mode == ssl.CERT_REQUIRED
    tls.context.cache_clear()
