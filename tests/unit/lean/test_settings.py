"""The settings of a client session are FastHttpUser's, where it has them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from locust.contrib.fasthttp import FastHttpUser

from slo.lean.settings import Settings


def test_times_and_redirects_are_those_of_fasthttpuser() -> None:
    settings = Settings()
    assert settings.connection_timeout_s == FastHttpUser.connection_timeout
    assert settings.network_timeout_s == FastHttpUser.network_timeout
    assert settings.max_redirects == FastHttpUser.max_redirects
    assert settings.concurrency == FastHttpUser.concurrency


def test_they_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().insecure = True  # type: ignore[misc]
