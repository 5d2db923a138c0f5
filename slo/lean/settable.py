"""What a locustfile may set on its client while it is in use: with the names of FastHttpUser's client and requests'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slo.lean.agent import Agent
from slo.lean.auth import AuthObject
from slo.lean.cookies import Cookies
from slo.lean.default_headers import DefaultHeaders

Pair = tuple[str | bytes, str | bytes]
Auth = Pair | AuthObject
"""A user's name and password, or an object of ``requests.auth``."""
REFUSED = {
    "cert": "set `ssl_context_factory` of the user class to a function that returns a context with the certificate",
    "proxies": "set `proxy_host` and `proxy_port` of the user class, or http_proxy and https_proxy in the environment",
    "trust_env": "set `proxy_host` of the user class, or no_proxy in the environment",
    "hooks": "use Locust's request event",
    "params": "give params with each request",
    "stream": "give stream=True with a request",
    "adapters": "its connections have no adapters",
    "max_redirects": "set `max_redirects` of the user class, or give it with a request",
    "max_retries": "set `max_retries` of the user class, or give it with a request",
    "timeout": "set `network_timeout` and `connection_timeout` of the user class, or give timeout with a request",
    "network_timeout": "set it in the user class, or give timeout with a request",
    "connection_timeout": "set it in the user class, or give timeout with a request",
    "insecure": "set client.verify, or `insecure` of the user class",
    "concurrency": "set it in the user class",
    "client_pool": "each user has connections of its own",
    "clientpool": "each user has connections of its own",
    "ssl_context_factory": "set it in the user class",
    "redirect_response_codes": "give allow_redirects=False with a request",
    "valid_response_codes": "give catch_response=True, and call response.success() or response.failure()",
}
"""Names that other clients have, and what to use instead."""


class SettableClient(Agent):
    """A client whose base URL, headers, credentials, cookies and verification can be changed between requests.

    A name that other clients have and this one has not raises AttributeError: it is never ignored.
    """

    auth: Auth | None = None
    """The credentials of every request without ``auth``; as requests' ``Session.auth``."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in REFUSED:
            raise AttributeError(_refusal(name))
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_refusal(name) if name in REFUSED else f"{type(self).__name__} has no attribute '{name}'")

    @property
    def base_url(self) -> str | None:
        """What relative URLs are below; without credentials."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: str | None) -> None:
        self._set_base(url)

    @property
    def headers(self) -> DefaultHeaders:
        """The headers of every request; as requests' ``Session.headers``."""
        return self._defaults

    @headers.setter
    def headers(self, headers: Mapping[str, str]) -> None:
        self._defaults = DefaultHeaders(self._forget_routes, headers or {})
        self._forget_routes()

    @property
    def auth_header(self) -> str | None:
        """The Authorization header of every request; that of the base URL goes to its server only."""
        return self._authorization or (self._base.authorization if self._base else None)

    @auth_header.setter
    def auth_header(self, value: str | None) -> None:
        self._authorization = value
        if value is None and self._base is not None:
            self._base = self._base._replace(authorization=None)
        self._forget_routes()

    @property
    def cookies(self) -> Cookies:
        """The cookie jar; as requests' ``Session.cookies``."""
        return self.cookiejar

    @property
    def verify(self) -> bool:
        """Whether certificates are verified."""
        return not self.settings.insecure

    @verify.setter
    def verify(self, verified: bool) -> None:
        if not isinstance(verified, bool):
            raise TypeError("client.verify is True or False: for a file of certificates set `ssl_context_factory`")
        self.close()
        self.settings = replace(self.settings, insecure=not verified)

    @property
    def client(self) -> DefaultsOfClient:
        """What FastHttpUser's client calls ``client``: it has ``default_headers``."""
        return DefaultsOfClient(self)


class DefaultsOfClient:
    """``default_headers`` of a client, as geventhttpclient's UserAgent has it; nothing else of it."""

    __slots__ = ("_of",)

    def __init__(self, of: SettableClient) -> None:
        object.__setattr__(self, "_of", of)

    def __getattr__(self, name: str) -> Any:
        if name != "default_headers":
            raise AttributeError(_refusal(name))
        return self._of.headers

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "default_headers":
            raise AttributeError(_refusal(name))
        self._of.headers = value


def _refusal(name: str) -> str:
    return f"LeanHttpUser's client has no '{name}': {REFUSED.get(name, 'it cannot be set')}"
