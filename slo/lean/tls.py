"""TLS contexts, one for all users of a process: loading the certificates of the trusted takes milliseconds."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

import gevent.ssl


@lru_cache
def context(insecure: bool) -> ssl.SSLContext:
    """Return the context that verifies as Python does by default, or one that accepts any certificate."""
    # gevent's own, even if the standard library's is not patched: the handshake must not block other users.
    made: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_default_certs()  # with SSL_CERT_FILE and SSL_CERT_DIR
    authorities = next(filter(None, map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))), None)
    if authorities:
        is_folder = Path(authorities).is_dir()
        made.load_verify_locations(None if is_folder else authorities, authorities if is_folder else None)
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made
