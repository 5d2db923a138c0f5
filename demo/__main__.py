"""``python -m demo``: starts the PMS and the API, prints the URL, and stops both."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from demo.api import Hotel, create_app
from demo.breaker import Breaker
from demo.bucket import Bucket
from demo.cache import Cache
from demo.faults import Faults
from demo.metrics import Metrics
from demo.options import parse
from demo.pms_client import PmsClient, PmsError
from demo.server import Server
from demo.store import Store

CACHE_S = 5.0


def main() -> int:
    """Serve until stopped; returns the exit code, 2 for invalid options."""
    options, faults = parse()
    # A signal while starting ends the process in good order too: what was begun is undone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        try:
            pms_url = options.pms_url or stack.enter_context(_pms(options.pms_latency_ms))
            folder = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotel-")))
            folder.mkdir(parents=True, exist_ok=True)
            store = stack.enter_context(contextlib.closing(Store(folder)))
            server = Server(options.host, options.port, create_app(_hotel(options, faults, store, pms_url)))
        except (OSError, sqlite3.Error, PmsError, ValueError) as error:
            sys.stderr.write(f"python -m demo: {_why(error, options)}\n")
            return 2
        line = json.dumps({"url": server.url, "pms_url": pms_url, "pid": os.getpid()})
        server.run(lambda: print(line, flush=True), options.exit_with_stdin)
    return 0


def _hotel(options: argparse.Namespace, faults: Faults, store: Store, pms_url: str) -> Hotel:
    clock, metrics = time.monotonic, Metrics()
    pms = PmsClient(pms_url, options.pms_timeout_ms / 1000, Breaker(clock), Cache(clock, CACHE_S), metrics)
    wanted, nothing = faults.to_data(), Faults()
    hotel = Hotel(store, pms, metrics, nothing, Bucket(clock))
    hotel.change_faults(wanted)
    return hotel


@contextlib.contextmanager
def _pms(latency_ms: float) -> Iterator[str]:
    """Start the PMS and give its URL; it ends with us, however we end."""
    words = [
        sys.executable,
        "-m",
        "demo.pms",
        "--port",
        "0",
        "--exit-with-stdin",
        "--latency-ms",
        str(latency_ms),
    ]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise PmsError("the PMS did not start")
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _why(error: Exception, options: argparse.Namespace) -> str:
    if isinstance(error, sqlite3.Error):
        return f"--data {options.data}: no database there: {error}"
    if isinstance(error, OSError) and error.filename:
        return f"--data {error.filename}: {error.strerror}"
    if isinstance(error, OSError):
        return f"--host {options.host} --port {options.port}: cannot listen: {error.strerror or error}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
