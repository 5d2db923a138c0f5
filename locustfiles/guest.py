"""What every virtual guest can do: one method per step of the hotel's journeys, with its checks."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar
from urllib.parse import quote

import gevent
from locust.contrib.fasthttp import FastHttpSession
from locust.user.task import LOCUST_STATE_RUNNING

from locustfiles import payloads
from locustfiles.endpoints import HOTEL, Endpoint
from slo.lean import LeanHttpUser
from slo.plugin import checks, secret_of

EXPECTED = "expected answer"
IN_TIME = "response under 5 s"
NOT_EMPTY = "body not empty"
IS_TEXT = "content type is text/plain"
SLOW_MS = 5000.0
SKIPPED_S = 0.01
"""Pause in place of a step that is left out: an iteration without a request must not keep a core busy."""
JSON = {"Content-Type": "application/json"}
LEAN, FAST = "lean", "fast"
CLIENTS = (LEAN, FAST)
"""What sends the requests: slo.lean, or the client of Locust's FastHttpUser."""


class Guest(LeanHttpUser):
    """A virtual user of the hotel API; a scenario's class adds the iteration.

    ``number`` counts the users of a process from 0. The choices, payloads and pauses of user ``number`` come
    from a random source of its own, seeded by --seed, worker and number.
    """

    abstract = True
    scenario: ClassVar[str]
    # Three times the highest target, and a quarter of the smoke scenario: whoever waits longer has missed every target.
    connection_timeout = 5.0
    network_timeout = 15.0
    response_timeout = 30.0

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        options = environment.parsed_options
        if getattr(options, "http_client", LEAN) == FAST:
            self.client: Any = fast_client(self)
        self.number = next_number(environment)
        worker = getattr(environment.runner, "worker_index", 0)
        self.random = Random(f"{getattr(options, 'seed', None)}/{worker}/{self.number}")
        self._endpoints: Mapping[str, Endpoint] = getattr(environment, "hotel_endpoints", HOTEL)
        self._think_time = float(getattr(options, "think_time", 1.0))
        self._whatsapp_secret = os.environ.get("WHATSAPP_APP_SECRET", "").encode()
        token = secret_of(environment, "ADMIN_TOKEN")
        self._admin = {"Authorization": f"Bearer {token}"} if token else {}

    def wait_time(self) -> float:
        """Return no pause: iterations have their own pauses.

        Locust kills a user that it finds between two tasks, even if it is just about to send a request that would
        be answered and never counted: therefore a guest is always within a task.
        """
        self._state = LOCUST_STATE_RUNNING
        return 0.0

    # The steps of an iteration.

    def chance(self, share: float) -> bool:
        """Return True in ``share`` of the calls."""
        return self.random.random() < share

    def pause(self, seconds: float, most: float | None = None) -> None:
        """Think for ``seconds``, or between ``seconds`` and ``most``, times the think-time factor."""
        if most is not None:
            seconds = self.random.uniform(seconds, most)
        gevent.sleep(seconds * self._think_time)

    def health(self) -> None:
        """Request liveness and readiness."""
        self._call("health_live")
        self._call("health_ready")

    def send_message(self) -> None:
        """Write a WhatsApp message, signed as Meta signs when WHATSAPP_APP_SECRET is set."""
        body = payloads.whatsapp_message(self.random)
        headers = JSON
        if self._whatsapp_secret:
            digest = hmac.new(self._whatsapp_secret, body, hashlib.sha256).hexdigest()
            headers = {**JSON, "X-Hub-Signature-256": f"sha256={digest}"}
        self._call("whatsapp_webhook", data=body, headers=headers)

    def look_up_pms(self) -> None:
        """Search for a free room, then list the room types."""
        check_in, check_out = payloads.stay(self.random)
        self._call("pms_availability", query=f"check_in={check_in}&check_out={check_out}")
        self._call("pms_room_types")

    def book(self) -> None:
        """Book a room and read the booking, if there is one."""
        booked = self._call("create_reservation", data=payloads.reservation(self.random), headers=JSON)
        if booked is not None:
            self._call("get_reservation", reservation=booked)

    def scrape_metrics(self) -> None:
        """Read /metrics as Prometheus does."""
        self._call("metrics")

    def administer(self) -> None:
        """Read tenants and feature flags, with the bearer token when ADMIN_TOKEN is set."""
        self._call("admin_tenants", headers=self._admin)
        self._call("admin_feature_flags", headers=self._admin)

    def _call(self, name: str, query: str = "", reservation: str = "", **request: Any) -> str | None:
        """Send one request, make its checks and return the id of what it created, if anything."""
        endpoint = self._endpoints[name]
        if endpoint.skip:
            gevent.sleep(SKIPPED_S * (self._think_time or 1.0))
            return None
        path = endpoint.path
        if reservation:
            path = path.replace("{id}", quote(reservation, safe=""))
        if query:
            path += ("&" if "?" in path else "?") + query
        created = None
        with self.client.request(endpoint.method, path, name=name, catch_response=True, **request) as response:
            expected = response.status_code == endpoint.expected
            if expected and endpoint.expected >= 400:
                response.success()
            if name == "create_reservation":
                created = reservation_id(response.content) if expected else None
                expected = created is not None
            results = {
                EXPECTED: expected,
                IN_TIME: response.status_code != 0 and response.request_meta["response_time"] < SLOW_MS,
                NOT_EMPTY: bool(response.content),
            }
            if name == "metrics":
                results[IS_TEXT] = content_type(response.headers).startswith("text/plain")
            checks(response, results)
        return created


def fast_client(user: LeanHttpUser) -> FastHttpSession:
    """Return the client that a FastHttpUser would have, verifying certificates as a real one does."""
    return FastHttpSession(
        base_url=user.host,
        request_event=user.environment.events.request,
        user=user,
        insecure=False,
        max_redirects=user.max_redirects,
        max_retries=0,
        network_timeout=user.network_timeout,
        connection_timeout=user.connection_timeout,
    )


def reservation_id(body: bytes | None) -> str | None:
    """Return ``id`` or ``reservation_id`` of a JSON response; None without either."""
    try:
        answer = json.loads(body or b"")
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    found = answer.get("id") or answer.get("reservation_id")
    return str(found) if found else None


def content_type(headers: Mapping[str, str] | None) -> str:
    """Return the content type of a response's headers, empty without any."""
    return (headers.get("content-type") or "").strip().lower() if headers else ""


def next_number(environment: Any) -> int:
    """Return how many users of this process were started before, in this run."""
    number = int(getattr(environment, "hotel_users", 0))
    environment.hotel_users = number + 1
    return number
