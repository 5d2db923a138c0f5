"""A pytest plugin that puts the lean client in the place of Locust's own, before Locust's tests import them.

``LEAN_IN_PLACE`` says of which: ``fasthttp`` (FastHttpUser and FastHttpSession) or ``http`` (HttpUser and HttpSession);
``LOCUST_SOURCES`` is a checkout of Locust, whose package ``locust.test`` is not among what is installed.
"""

from __future__ import annotations

import os
from typing import Any

import locust
from locust import clients
from locust.contrib import fasthttp

from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings
from slo.lean.user import LeanHttpUser


class Session(LeanHttpSession):
    """Takes the arguments of FastHttpSession and of HttpSession."""

    def __init__(self, base_url: str | None, request_event: Any, user: Any = None, **words: Any) -> None:
        proxy = f"http://{words['proxy_host']}:{words.get('proxy_port') or 80}" if words.get("proxy_host") else None
        settings = Settings(
            connection_timeout_s=words.get("connection_timeout", 60.0),
            network_timeout_s=words.get("network_timeout", 60.0),
            max_redirects=words.get("max_redirects", 30),
            max_retries=words.get("max_retries", 0),
            concurrency=words.get("concurrency", 10),
            insecure=words.get("insecure", True),
            ssl_context_factory=words.get("ssl_context_factory"),
            default_headers=words.get("headers") or {},
            proxy=proxy,
        )
        super().__init__(base_url, request_event, user, settings)


class User(LeanHttpUser):
    """Accepts any certificate, as FastHttpUser does."""

    abstract = True
    insecure = True


locust.__path__.append(f"{os.environ['LOCUST_SOURCES']}/locust")
if os.environ.get("LEAN_IN_PLACE") == "fasthttp":
    fasthttp.FastHttpSession = locust.FastHttpSession = Session  # type: ignore[misc, assignment, attr-defined]
    fasthttp.FastHttpUser = locust.FastHttpUser = User  # type: ignore[misc, assignment]
elif os.environ.get("LEAN_IN_PLACE") == "http":
    clients.HttpSession = locust.HttpSession = Session  # type: ignore[misc, assignment, attr-defined]
    locust.HttpUser = User  # type: ignore[misc, assignment]
