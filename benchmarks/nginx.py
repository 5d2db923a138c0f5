"""A real server that answers as fast as one can: Debian's nginx, on loopback."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.turns import one_core_each

CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections {connections}; }}
http {{
  {log} keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port};
    location /nginx_status {{ stub_status; access_log off; }}
    location / {{ {header} return 200 '{body}'; }}
  }}
}}
"""


def require(parser: argparse.ArgumentParser, *programs: str) -> None:
    """End with a usage error where a program is not installed."""
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        parser.error(f"{' and '.join(missing)} not found: apt-get install {' '.join(programs)}")


@contextmanager
def nginx(
    port: int,
    ids: bool = False,
    log: Path | None = None,
    pinned: bool = True,
    body: str = "hello",
    connections: int = 1024,
) -> Iterator[str]:
    """Start nginx and yield its URL; ``pinned`` gives it a core of its own where there are two.

    With ``ids`` each answer has an id of its own in its head; ``log`` takes a line with the path of each request;
    ``body`` is each answer's, without single quotes; ``connections`` is how many it takes at once.
    """
    logged = f"log_format path $uri; access_log {log} path buffer=1m flush=1s;" if log else "access_log off;"
    header = "add_header X-Request-Id $request_id;" if ids else ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "nginx.conf"
        text = CONFIGURATION.format(
            folder=folder, port=port, header=header, log=logged, body=body, connections=connections
        )
        file.write_text(text, encoding="utf-8")
        server = subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", str(file)])
        if pinned:
            one_core_each(server.pid)
        try:
            time.sleep(0.5)
            if server.poll() is not None:
                raise SystemExit(f"nginx did not start: {(Path(folder) / 'error.log').read_text().strip()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)
