"""The hotel API: what WhatsApp, the front desk and the administrators call."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import sys
import time
import traceback
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import gevent
from flask import Flask, g, request
from gevent.lock import Semaphore
from werkzeug.exceptions import HTTPException

from demo import validation
from demo.bucket import Bucket
from demo.faults import FaultError, Faults
from demo.metrics import CONTENT_TYPE, Metrics
from demo.pms_client import PmsClient, PmsError
from demo.store import Store
from demo.validation import InvalidError

MAX_BODY_BYTES = 1024 * 1024
UNLIMITED = 1_000_000
NEVER_LIMITED = ("health_live", "health_ready", "metrics", "control_faults")
NEVER_QUEUED = ("health_live", "metrics", "control_faults")
REPLY = "Hola, gracias por escribirnos. En un momento le confirmamos su consulta."


@dataclass
class Hotel:
    """The parts of the API. The secrets come from the environment; without one nothing is checked."""

    store: Store
    pms: PmsClient
    metrics: Metrics
    faults: Faults
    bucket: Bucket
    app_secret: str = field(default_factory=lambda: os.environ.get("WHATSAPP_APP_SECRET", ""), repr=False)
    admin_token: str = field(default_factory=lambda: os.environ.get("ADMIN_TOKEN", ""), repr=False)
    slots: Semaphore = field(default_factory=lambda: Semaphore(UNLIMITED))
    leaked: list[bytearray] = field(default_factory=list)
    leaked_bytes: int = 0

    def change_faults(self, changes: dict[str, Any]) -> None:
        """Apply faults. Raises FaultError, or PmsError when the PMS cannot be reached."""
        before = self.faults.to_data()
        self.faults.change(changes)
        if self.faults["pms_outage"] != before["pms_outage"]:
            self.pms.set_outage(self.faults["pms_outage"])
        if any(self.faults[name] != before[name] for name in ("rate_limit", "rate_burst")):
            self.bucket.set(self.faults["rate_limit"], self.faults["rate_burst"])
        if self.faults["capacity"] != before["capacity"]:
            # A request that holds or awaits a slot of the old count returns it there.
            self.slots = Semaphore(self.faults["capacity"] or UNLIMITED)


def create_app(hotel: Hotel) -> Flask:
    """Return the API of ``hotel``."""
    app = Flask("demo.api")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    _count_and_disturb(app, hotel)
    _answer_errors(app)
    _health_routes(app, hotel)
    _guest_routes(app, hotel)
    _admin_routes(app, hotel)
    _control_routes(app, hotel)
    return app


def _count_and_disturb(app: Flask, hotel: Hotel) -> None:
    """Around every request: its figures, the rate limit, the capacity and the faults."""

    @app.before_request
    def disturb() -> Any:
        g.started_at = time.perf_counter()
        endpoint = request.endpoint or "other"
        if endpoint in ("other", "control_faults"):
            return None
        wait_s = 0.0 if endpoint in NEVER_LIMITED else hotel.bucket.take()
        if wait_s:
            return {"error": "too many requests"}, 429, {"Retry-After": str(max(1, math.ceil(wait_s)))}
        if endpoint not in NEVER_QUEUED:
            g.slots = hotel.slots
            g.slots.acquire()
            g.holds_slot = True
        _spend(hotel, endpoint)
        if hotel.faults.fails(endpoint):
            return {"error": "a requested error"}, 500
        return None

    @app.after_request
    def count(response: Any) -> Any:
        if request.endpoint != "control_faults":
            seconds = time.perf_counter() - g.started_at
            hotel.metrics.answered(request.endpoint or "other", request.method, response.status_code, seconds)
        return response

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("holds_slot", False):
            g.slots.release()


def _spend(hotel: Hotel, endpoint: str) -> None:
    latency_s = hotel.faults.latency_s(endpoint)
    if latency_s:
        gevent.sleep(latency_s)
    leak = hotel.faults["leak_bytes"]
    if leak:
        hotel.leaked.append(bytearray(os.urandom(1)) * leak)
        hotel.leaked_bytes += leak


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(InvalidError)
    def invalid(error: InvalidError) -> Any:
        return {"error": str(error), "field": error.field}, 422

    @app.errorhandler(PmsError)
    def pms_gone(error: PmsError) -> Any:
        return {"error": str(error)}, 503

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        return {"error": error.description or error.name}, error.code or 500

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        traceback.print_exception(error, file=sys.stderr)
        return {"error": "internal error"}, 500


def _health_routes(app: Flask, hotel: Hotel) -> None:
    @app.get("/health/live", endpoint="health_live")
    def live() -> Any:
        return {"status": "ok"}

    @app.get("/health/ready", endpoint="health_ready")
    def ready() -> Any:
        parts = {"database": hotel.store.is_well(), "pms": hotel.pms.is_well()}
        return {name: "ok" if well else "down" for name, well in parts.items()}, 200 if all(parts.values()) else 503

    @app.get("/metrics", endpoint="metrics")
    def metrics() -> Any:
        return hotel.metrics.text(hotel.pms.breaker), 200, {"Content-Type": CONTENT_TYPE}


def _guest_routes(app: Flask, hotel: Hotel) -> None:
    @app.post("/api/v1/webhooks/whatsapp", endpoint="whatsapp_webhook")
    def whatsapp() -> Any:
        raw = request.get_data()
        if hotel.app_secret and not _signed(raw, hotel.app_secret):
            return {"error": "X-Hub-Signature-256 is missing or does not fit the body"}, 401
        found = validation.messages(_json(raw))
        new = [hotel.store.add_message(one["id"], one["from"], one["body"]) for one in found]
        return {"status": "received", "new": sum(new), "reply": REPLY}

    @app.get("/api/v1/pms/availability", endpoint="pms_availability")
    def availability() -> Any:
        first, last = validation.stay(request.args.get("check_in"), request.args.get("check_out"))
        rooms = hotel.pms.look_up(f"/availability?check_in={first.isoformat()}&check_out={last.isoformat()}")
        return {"check_in": first.isoformat(), "check_out": last.isoformat(), "rooms": rooms}

    @app.get("/api/v1/pms/room-types", endpoint="pms_room_types")
    def room_types() -> Any:
        return {"room_types": hotel.pms.look_up("/room-types")}

    @app.post("/api/v1/reservations", endpoint="create_reservation")
    def create() -> Any:
        fields = validation.reservation(_json(request.get_data()))
        fields["confirmation"] = hotel.pms.confirm(fields)
        reservation_id = hotel.store.add_reservation(fields)
        return {"id": reservation_id, "confirmation": fields["confirmation"]}, 201

    @app.get("/api/v1/reservations/<reservation_id>", endpoint="get_reservation")
    def get(reservation_id: str) -> Any:
        found = hotel.store.reservation(reservation_id)
        return found if found else ({"error": "there is no such reservation"}, 404)


def _admin_routes(app: Flask, hotel: Hotel) -> None:
    def stranger() -> Any:
        wanted = f"Bearer {hotel.admin_token}".encode()
        given = request.headers.get("Authorization", "").encode()
        if hotel.admin_token and not hmac.compare_digest(given, wanted):
            return {"error": "a bearer token is needed"}, 401, {"WWW-Authenticate": "Bearer"}
        return None

    @app.get("/api/v1/admin/tenants", endpoint="admin_tenants")
    def tenants() -> Any:
        return stranger() or {"tenants": hotel.store.tenants()}

    @app.get("/api/v1/admin/feature-flags", endpoint="admin_feature_flags")
    def flags() -> Any:
        return stranger() or {"feature_flags": hotel.store.feature_flags()}


def _control_routes(app: Flask, hotel: Hotel) -> None:
    @app.route("/control/faults", methods=["GET", "PUT"], endpoint="control_faults")
    def faults() -> Any:
        if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104  # compared, not bound
            return {"error": "only from this machine"}, 403
        if request.method == "PUT":
            changes = _json(request.get_data())
            if not isinstance(changes, dict):
                return {"error": "must be an object", "field": "body"}, 400
            try:
                hotel.change_faults(changes)
            except FaultError as error:
                return {"error": str(error), "field": error.field}, 400
        return {**hotel.faults.to_data(), "leaked_bytes": hotel.leaked_bytes, "breaker": hotel.pms.breaker}


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidError("body", "must be JSON") from None


def _signed(raw: bytes, secret: str) -> bool:
    wanted = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(request.headers.get("X-Hub-Signature-256", "").encode(), wanted.encode())
