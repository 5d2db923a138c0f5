"""The settings of a client session."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """Times in seconds, sizes in bytes; the defaults are FastHttpUser's where it has the setting."""

    connection_timeout_s: float = 60.0
    """Longest wait for a connection, TLS included."""
    network_timeout_s: float = 60.0
    """Longest wait for a whole head, then for each next byte of the body."""
    response_timeout_s: float = 300.0
    """Longest wait for a whole answer, however steadily it trickles."""
    max_redirects: int = 30
    max_retries: int = 0
    """How often an idempotent request is sent again after a failure of the network."""
    max_response_bytes: int = 64 * 1024 * 1024
    """Largest body, as sent and as unpacked."""
    concurrency: int = 10
    """How many connections to one server there may be at once; a request waits for a free one."""
    insecure: bool = False
    """Accept any certificate."""
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None
    default_headers: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    """URL of the proxy for everything; None uses the environment (http_proxy, https_proxy, no_proxy)."""
