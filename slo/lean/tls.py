"""TLS contexts, one for all users of a process: loading the certificates of the trusted takes milliseconds."""

from __future__ import annotations

import ssl
from functools import lru_cache

import gevent.ssl


@lru_cache
def context(insecure: bool) -> ssl.SSLContext:
    """Return the context that verifies as Python does by default, or one that accepts any certificate."""
    # gevent's own, even if the standard library's is not patched: the handshake must not block other users.
    made: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_default_certs()
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made
