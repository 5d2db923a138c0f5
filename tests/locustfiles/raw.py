"""The hotel suite, with a second pair of eyes: every request is written down where it was made.

Into the folder of env RAW_DIR, a file per process, a line per request: the real time at its end (Unix
seconds, whatever a test did to Python's clocks), its latency in ms, its name. WORKER_NAME is the host name
that this process gives its master.
"""

import os
import socket
import time
from pathlib import Path

from locust import events

from locustfiles.hotel import *  # noqa: F403

if "WORKER_NAME" in os.environ:
    socket.gethostname = lambda: os.environ["WORKER_NAME"]

if "RAW_DIR" in os.environ:
    opened = {}

    @events.request.add_listener
    def write_down(name, response_time, **_):
        pid = os.getpid()  # --processes forks after this file is loaded
        if pid not in opened:
            who = os.environ.get("WORKER_NAME", "worker")
            opened[pid] = (Path(os.environ["RAW_DIR"]) / f"{who}.{pid}").open("a", buffering=1)
        opened[pid].write(f"{time.clock_gettime(time.CLOCK_REALTIME)!r} {response_time!r} {name}\n")
