"""The property-management system: a separate process that knows rooms and confirms bookings.

``python -m demo.pms --port 0`` prints its URL as one line of JSON. It always has a free room: a load test must
not run out of rooms. ``PUT /control/outage`` makes it fail.
"""

from __future__ import annotations

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import json
import sys
import uuid
from typing import Any

import gevent
from flask import Flask, jsonify, request

from demo.server import Server
from demo.validation import InvalidError, stay

ROOM_TYPES = (
    {"room_type": "standard", "beds": 2, "price": 85.0, "currency": "USD"},
    {"room_type": "superior", "beds": 2, "price": 120.0, "currency": "USD"},
    {"room_type": "suite", "beds": 4, "price": 240.0, "currency": "USD"},
)


def create_app(latency_ms: float) -> Flask:
    """Return the PMS, which takes ``latency_ms`` for every answer."""
    app = Flask("demo.pms")
    state = {"outage": False}

    @app.before_request
    def work() -> Any:
        if request.path.startswith("/control/"):
            return None
        if state["outage"]:
            return {"error": "the PMS is down"}, 503
        gevent.sleep(latency_ms / 1000)
        return None

    @app.errorhandler(InvalidError)
    def invalid(error: InvalidError) -> Any:
        return {"error": str(error), "field": error.field}, 422

    @app.put("/control/outage")
    def outage() -> Any:
        state["outage"] = request.get_json()["outage"] is True
        return state

    @app.get("/health")
    def health() -> Any:
        return {"status": "ok"}

    @app.get("/room-types")
    def room_types() -> Any:
        return jsonify(ROOM_TYPES)

    @app.get("/availability")
    def availability() -> Any:
        first, last = stay(request.args.get("check_in"), request.args.get("check_out"))
        return jsonify([{**room, "rooms": 4 + (first.day + last.day) % 8} for room in ROOM_TYPES])

    @app.post("/confirmations")
    def confirm() -> Any:
        return {"confirmation": f"PMS-{uuid.uuid4().hex[:10].upper()}"}, 201

    return app


def main() -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m demo.pms", description="The hotel's PMS.")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on; default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--latency-ms", type=float, default=5.0, help="time for every answer; default: 5")
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when stdin ends")
    options = parser.parse_args()
    try:
        server = Server(options.host, options.port, create_app(options.latency_ms))
    except OSError as error:
        sys.stderr.write(f"--host {options.host} --port {options.port}: cannot listen: {error.strerror or error}\n")
        return 2
    server.run(lambda: print(json.dumps({"url": server.url}), flush=True), options.exit_with_stdin)
    return 0


if __name__ == "__main__":
    sys.exit(main())
