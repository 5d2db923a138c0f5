"""Requests with names that no page should trust."""

from locust import HttpUser, constant, task

import slo.plugin

NAMES = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "'\"><svg onload=window.hacked=1>",
    "\u202eevil\u202c " + "long " * 2000,
    "a|b\n# c ]]> {{7*7}}",
)


class Hostile(HttpUser):
    wait_time = constant(0.2)

    @task
    def ask(self):
        for name in NAMES:
            with self.client.get("/nowhere", name=name, catch_response=True) as response:
                slo.plugin.check(response, name, False)
                response.failure(name)
