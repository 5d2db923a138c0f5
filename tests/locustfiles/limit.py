"""Users without pauses at one endpoint, for the search of the limit; no load over time of its own."""

from locust import FastHttpUser, events, task

import slo.plugin


@events.init_command_line_parser.add_listener
def add_options(parser, **_):
    parser.add_argument("--time-scale", type=float, default=1.0)
    slo.plugin.declare_suite(parser, time_scale="time_scale")


class User(FastHttpUser):
    """Asks again as soon as it is answered."""

    @task
    def ask(self):
        self.client.get("/api/v1/admin/tenants", name="tenants")
