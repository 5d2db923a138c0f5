"""The spike iteration without pauses, by one of two clients: five requests, three checks each.

BENCHMARK_CLIENT is fast (Locust's FastHttpUser) or lean; with BENCHMARK_RECORD=1 the plugin records every request and
the checks are made. Says what it did and spent as ``benchmarks/turns.py`` asks for it.
"""

from __future__ import annotations

import os
import time
from random import Random
from typing import Any

from locust import FastHttpUser, task

from benchmarks import progress_locustfile  # noqa: F401  # it reports progress
from slo.lean import LeanHttpUser

RECORD = os.environ.get("BENCHMARK_RECORD") == "1"
if RECORD:
    from slo.plugin import check

SLOW_MS = 5000.0
DAYS = tuple(f"2030-01-{day:02d}" for day in range(1, 31))
JSON = {"Content-Type": "application/json"}
MESSAGE = (
    '{"object": "whatsapp_business_account", "entry": [{"id": "100000000000001", "changes": [{"field": "messages", '
    '"value": {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "+5491155550000", '
    '"phone_number_id": "100000000000001"}, "messages": [{"from": "%s", "id": "wamid.%x", "timestamp": "%d", '
    '"type": "text", "text": {"body": "Hola, quiero reservar una habitaci\u00f3n doble"}}]}}]}]}'
)
User: Any = LeanHttpUser if os.environ.get("BENCHMARK_CLIENT") == "lean" else FastHttpUser


class Guest(User):
    """Asks as fast as it can."""

    random = Random(1)

    @task
    def iteration(self) -> None:
        """health; message; look-up."""
        self.call("GET", "/health/live", "health_live")
        self.call("GET", "/health/ready", "health_ready")
        now_ns = time.time_ns()
        body = MESSAGE % ("+5491155550001", now_ns, now_ns // 1_000_000_000)
        self.call("POST", "/api/v1/webhooks/whatsapp", "whatsapp_webhook", body.encode(), JSON)
        day = int(self.random.random() * 20)
        stay = f"check_in={DAYS[day]}&check_out={DAYS[day + 3]}"
        self.call("GET", f"/api/v1/pms/availability?{stay}", "pms_availability")
        self.call("GET", "/api/v1/pms/room-types", "pms_room_types")

    if RECORD:

        def call(self, method: str, path: str, name: str, data: Any = None, headers: Any = None) -> None:
            """One request with its checks."""
            client = self.client
            with client.request(method, path, name, data, catch_response=True, headers=headers) as response:
                check(response, "expected answer", response.status_code == 200)
                check(response, "response under 5 s", response.request_meta["response_time"] < SLOW_MS)
                check(response, "body not empty", bool(response.content))

    else:

        def call(self, method: str, path: str, name: str, data: Any = None, headers: Any = None) -> None:
            """One request."""
            self.client.request(method, path, name, data, headers=headers)
