"""A LeanHttpUser and a FastHttpUser do the same; each says what Locust's request event said."""

from __future__ import annotations

import json
import os

from locust import FastHttpUser, events, task
from locust.exception import LocustError, ResponseError, StopUser

import slo.plugin
from slo.lean import LeanHttpUser

CLIENT = LeanHttpUser if os.environ["CLIENT"] == "lean" else FastHttpUser


@events.request.add_listener
def on_request(
    request_type, name, response_time, response_length, exception, context, start_time, url, response, **more
):
    said = {
        "request_type": request_type,
        "name": name,
        "timed": response_time > 0,
        "length": response_length,
        "exception": type(exception).__name__ if exception else None,
        "text": str(exception) if exception and response.status_code else None,
        "context": context,
        "started": start_time > 1e9,
        "path": url.partition("//")[2].partition("/")[2],
        "status": response.status_code,
        "more": sorted(more),
    }
    print("EVENT " + json.dumps(said, sort_keys=True), flush=True)


class Guest(CLIENT):
    def context(self):
        return {"user": "guest"}

    @task
    def once(self):
        client = self.client
        client.get("/health/live")
        client.get("/health/live", name="named", context={"more": 1})
        client.get("/health/live?a=b", headers={"X-A": "b"})
        client.get("/nowhere")
        client.post("/api/v1/reservations", json={}, name="bad booking")
        client.head("/health/live", name="head")
        client.request("GET", f"{self.host}/health/live", name="absolute")
        client.get("/health/live", auth=("user", "pass"), name="auth")
        client.get("/health/live", allow_redirects=False)
        client.get("http://127.0.0.1:9/", name="refused")
        with client.rename_request("renamed"):
            client.get("/health/live")
        self.decide(client)
        with self.rest("GET", "/health/live", name="rest") as response:
            assert response.js is not None
        with self.rest("GET", "/metrics", name="no JSON"):
            pass
        self.misuse(client)
        self.environment.runner.quit()
        raise StopUser

    def decide(self, client):
        with client.get("/health/live", name="left alone", catch_response=True) as response:
            slo.plugin.check(response, "is up", response.status_code == 200 and bool(response.json()))
        with client.get("/nowhere", name="excused", catch_response=True) as response:
            response.success()
        with client.get("/health/live", name="blamed", catch_response=True) as response:
            response.failure("not today")
        with client.get("/health/live", name="blamed by exception", catch_response=True) as response:
            response.failure(ValueError("worse"))
        with client.get("/health/live", name="raised", catch_response=True):
            raise ResponseError("bad words")
        with client.get("/nowhere", name="missing", catch_response=True) as response:
            slo.plugin.check(response, "is there", response.status_code == 200)

    def misuse(self, client):
        for use in (
            lambda: client.get("/health/live", name="no with").success(),
            lambda: client.get("/health/live", name="no with").failure("x"),
        ):
            try:
                use()
            except LocustError:
                print("EVENT refused", flush=True)
        try:
            with client.get("/health/live", name="crash", catch_response=True):
                raise KeyError("mine")
        except KeyError:
            print("EVENT crash passed on", flush=True)
