"""A server that answers at once, always the same: what is left of a request is the generator's own work.

``python -m benchmarks.hello`` prints its URL and stops when stdin ends.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import sys
from collections.abc import Callable
from typing import Any

from demo.server import Server


def answer(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer any request with 200 and five bytes (a WSGI application)."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


if __name__ == "__main__":
    server = Server("127.0.0.1", 0, answer)
    server.run(lambda: print(server.url, flush=True), exit_with_stdin=True)
    sys.exit(0)
