"""``python -m tests.support.journeys``: what virtual users ask and how long they pause, without a server.

A process of its own, because Locust patches the standard library of the one that imports it. Takes JSON as its
argument, a list of {"user", "seed", "number", "iterations", "answer"}, and prints for each a list of pauses in seconds
and of [method, path, name, body as text, headers].
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from locust.env import Environment

from locustfiles import users


class Answer:
    """Every request is answered with 201 and one body."""

    status_code = 201
    headers = {"content-type": "text/plain; charset=utf-8"}  # noqa: RUF012  # a response's own attribute

    def __init__(self, name: str, content: bytes) -> None:
        self.content = content
        self.request_meta = {"name": name, "response_time": 1.0}


def journey(user: str, seed: int, number: int, iterations: int, answer: str) -> list[Any]:
    log: list[Any] = []

    class Client:
        @contextmanager
        def request(self, method: str, path: str, name: str, **request: Any) -> Iterator[Answer]:
            body = request["data"].decode() if "data" in request else json.dumps(request.get("json"))
            log.append([method, path, name, body, request.get("headers", {})])
            yield Answer(name, answer.encode())

    kind = getattr(users, user)
    kind.host = "http://api.test"
    environment: Any = Environment(user_classes=[kind])
    environment.parsed_options = Namespace(seed=seed, think_time=0.5)
    environment.hotel_users = number
    one = kind(environment)
    one.client = Client()
    with mock.patch("gevent.sleep", log.append):
        for _ in range(iterations):
            one.iteration()
    return log


if __name__ == "__main__":
    print(json.dumps([journey(**wanted) for wanted in json.loads(sys.argv[1])]))
