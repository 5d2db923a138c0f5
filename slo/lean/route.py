"""What is made once for many requests: of a server, and of a method and URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from slo.lean.pool import Pool
from slo.lean.url import Target


class Server(NamedTuple):
    """What the requests to one server with the same names of headers have in common."""

    pool: Pool
    """The connections to it."""
    lines: bytes
    """The headers that never change."""
    fixed: frozenset[str]
    """The names, in lower case, of the headers of every request."""
    by_proxy: bool
    """Whether a proxy is asked for whole URLs."""


class Route(NamedTuple):
    """What begins each request of one kind: its way, its first line and the headers that never change."""

    target: Target
    url: str
    start: bytes
    whole: bytes
    """The whole of a request that has neither headers nor a body of its own."""
    server: Server
    defaults: Mapping[str, str]
    """The headers of every request, without those that its server must not have; names have no case."""
