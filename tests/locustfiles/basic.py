"""A locustfile of anybody's, with the one line that adds the gate."""

from locust import HttpUser, TaskSet, between, task

import slo.plugin  # noqa: F401


def index(l):  # noqa: E741
    l.client.get("/health/live")


def ready(l):  # noqa: E741
    l.client.get("/health/ready")


class Visit(TaskSet):
    tasks = [index, ready]

    @task
    def missing(self):
        self.client.get("/does_not_exist")


class WebsiteUser(HttpUser):
    wait_time = between(0.1, 0.3)
    tasks = [Visit]
