"""What a Locust that takes part in ``benchmarks/turns.py`` prints: its requests and CPU seconds so far.

Imported by a locustfile, or given beside it: ``-f its.py,benchmarks/progress_locustfile.py``.
"""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import gevent
from locust import events


@events.init.add_listener
def begin(environment: Any, **_: Any) -> None:
    """Be ready to be asked as soon as the users run."""

    def say(**_: Any) -> None:
        total = environment.stats.total
        said = {"requests": total.num_requests, "failures": total.num_failures, "cpu_s": time.process_time()}
        print(json.dumps(said), flush=True)

    gevent.signal_handler(signal.SIGUSR1, say)
    environment.events.spawning_complete.add_listener(say)
