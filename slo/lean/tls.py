"""TLS contexts, one for all users of a process: loading the certificates of the trusted takes milliseconds."""

from __future__ import annotations

import ssl
from functools import lru_cache

import gevent.ssl


@lru_cache
def context(insecure: bool) -> ssl.SSLContext:
    """Return the context that verifies as Python does by default, or one that accepts any certificate."""
    made: ssl.SSLContext = gevent.ssl.create_default_context()
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made
