"""A virtual user whose ``client`` costs a third of FastHttpUser's or less."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from locust.exception import StopTest
from locust.user.users import RestMixin, User

from slo.lean.errors import InvalidRequestError
from slo.lean.heads import HeadCache
from slo.lean.session import LeanHttpSession
from slo.lean.settings import Settings
from slo.lean.traced import session_of
from slo.tracing.traced import tracer_of

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class LeanHttpUser(User, RestMixin[Any]):
    """Use it like FastHttpUser, whose settings it takes; what differs: certificates are verified by default.

    Times in seconds, sizes in bytes. Raises StopTest without a host, or with one that is no URL.
    """

    abstract = True

    network_timeout: float = 60.0
    """Longest wait for the head of an answer, then for each next byte of its body."""
    connection_timeout: float = 60.0
    """Longest wait for a connection, TLS included."""
    response_timeout: float = 300.0
    """Longest wait for a whole answer, however steadily it trickles."""
    max_redirects: int = 30
    max_retries: int = 0
    """How often an idempotent request is sent again after a failure of the network."""
    max_response_bytes: int = 64 * 1024 * 1024
    """Largest body of an answer, as sent and as unpacked."""
    concurrency: int = 10
    """How many connections to one server are kept for the next requests."""
    insecure: bool = False
    """True accepts any certificate."""
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None
    default_headers: Mapping[str, str] | None = None
    """Headers of every request."""
    proxy_host: str | None = None
    """The proxy for every request; without it the environment names it (http_proxy, https_proxy, no_proxy)."""
    proxy_port: int | None = None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest(
                "You must specify the base host. Either in the host attribute in the User class, or on the command "
                "line using the --host option."
            )
        if getattr(self, "client_pool", None) is not None:
            raise StopTest(
                f"{type(self).__name__}.client_pool: users of LeanHttpUser share no connections: remove it; "
                "`concurrency` limits those of each user."
            )
        if not hasattr(environment, "lean_heads"):
            environment.lean_heads = HeadCache()
        tracer = tracer_of(environment)
        session = LeanHttpSession if tracer is None else session_of(tracer)
        try:
            self.client = session(self.host, environment.events.request, self, self._settings(), environment.lean_heads)
        except InvalidRequestError as error:
            raise StopTest(f"The host cannot be used: {error}") from None

    def start(self, group: Any) -> Any:
        """Start the user's greenlet; with its end its connections are closed."""
        greenlet = super().start(group)
        greenlet.link(lambda _: self.client.close())
        return greenlet

    def _settings(self) -> Settings:
        return Settings(
            connection_timeout_s=self.connection_timeout,
            network_timeout_s=self.network_timeout,
            response_timeout_s=self.response_timeout,
            max_redirects=self.max_redirects,
            max_retries=self.max_retries,
            max_response_bytes=self.max_response_bytes,
            concurrency=self.concurrency,
            insecure=self.insecure,
            ssl_context_factory=self._context_factory(),
            default_headers=self.default_headers or {},
            proxy=f"http://{self.proxy_host}:{self.proxy_port or 80}" if self.proxy_host else None,
        )

    def _context_factory(self) -> Callable[[], ssl.SSLContext] | None:
        """Return the factory of TLS contexts: a method, or a function that the class has among its attributes."""
        # A plain function among a class's attributes becomes a method: the class has it as it was written.
        factory: Callable[..., ssl.SSLContext] | None = type(self).ssl_context_factory
        if factory is None:
            return None
        try:
            parameters = inspect.signature(factory).parameters.values()
        except ValueError:  # made in C
            return factory
        takes_user = any(one.default is one.empty and one.kind in _BY_POSITION for one in parameters)
        return partial(factory, self) if takes_user else factory
