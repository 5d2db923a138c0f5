"""Servers that others send to: they hand each request to a function, or note it and answer as they are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""


class Receiver:
    """A server on a port of its own that hands each request to ``answer``; ends with the block."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler, bytes], Answer]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = answer(self, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_GET  # noqa: N815  # the names that http.server looks for

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A client that ends in the middle of a request is no news."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Sent:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Its body."""
        return self.body.decode()

    @property
    def document(self) -> dict[str, Any]:
        """Its body, which is JSON."""
        return dict(json.loads(self.body))


class Listener(Receiver):
    """Answers in turn with these statuses and headers, the last one again and again; ``heard`` is all that came."""

    def __init__(self, *answers: tuple[int, Mapping[str, str]]) -> None:
        self.heard: list[Sent] = []
        self._answers = answers or ((200, {}),)
        super().__init__(self._answer)

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        status, headers = self._answers[min(len(self.heard), len(self._answers) - 1)]
        self.heard.append(Sent(request.path, dict(request.headers), body))
        return status, headers, b""
