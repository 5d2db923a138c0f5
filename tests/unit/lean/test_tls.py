"""TLS contexts."""

from __future__ import annotations

import ssl

from slo.lean import tls


def test_certificates_are_verified_unless_that_is_switched_off() -> None:
    assert (tls.context(False).verify_mode, tls.context(False).check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (tls.context(True).verify_mode, tls.context(True).check_hostname) == (ssl.CERT_NONE, False)


def test_there_is_one_context_for_all_users() -> None:
    assert tls.context(False) is tls.context(False)
