"""A WSGI server that says when it is ready and stops cleanly."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
import gevent.socket
from gevent.pywsgi import WSGIServer

STOP_S = 1.0
"""How long current requests may take once the server is stopped."""


class _WSGIServer(WSGIServer):
    """Sends data at once: header and body are two writes, and a kept-alive client would wait 40 ms."""

    def handle(self, sock: Any, address: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle(sock, address)


class Server:
    """Serves ``app`` on ``host`` and ``port`` (0: a free one). Raises OSError when it cannot listen."""

    def __init__(self, host: str, port: int, app: Any) -> None:
        self._server = _WSGIServer((host, port), app, log=None, error_log=sys.stderr)
        self._server.start()
        self._stopping = gevent.event.Event()

    @property
    def url(self) -> str:
        """Where it serves."""
        host = self._server.server_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.server_port}"

    def run(self, ready: Callable[[], None], exit_with_stdin: bool) -> None:
        """Print ``ready``, then serve until SIGTERM, SIGINT or, if requested, the end of stdin."""
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self._stopping.set)
        if exit_with_stdin:
            gevent.spawn(self._watch_stdin)
        ready()
        self._stopping.wait()
        self._server.stop(timeout=STOP_S)

    def _watch_stdin(self) -> None:
        # The end of our parent, however it ends, is the end of its pipe to us.
        number = sys.stdin.fileno()
        while True:
            gevent.socket.wait_read(number)
            if not os.read(number, 4096):
                break
        self._stopping.set()
