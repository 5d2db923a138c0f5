"""Texts as APIs, users and programs make them: half an emoji, numbers, bytes, control characters, commands for a CI."""

from enum import Enum

from locust import HttpUser, constant, task

import slo.plugin


class Page(Enum):
    HOME = "home"


NAMES = (7, b"bytes", Page.HOME, "half \ud83d an emoji", "\x1b[31mred\x1b[0m", "a\n::error::b", "b\u00fasqueda")


class Odd(HttpUser):
    wait_time = constant(0.05)

    @task
    def ask(self):
        for name in NAMES:
            with self.client.get("/health/live", name=name, catch_response=True) as response:
                slo.plugin.check(response, name, True)
                response.failure(f"bad {name}")
        raise ValueError("half \ud83d an emoji")
