"""A request as another parser than ours reads it: the one of Python's own server."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler
from typing import Any


class Heard(BaseHTTPRequestHandler):
    """Python's own server reads a request."""

    def __init__(self, request: bytes) -> None:
        self.rfile, self.wfile = io.BytesIO(request), io.BytesIO()
        self.error: Any = None
        self.raw_requestline = self.rfile.readline()
        assert self.parse_request(), self.error
        self.body = self.rfile.read()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.error = (code, message)
