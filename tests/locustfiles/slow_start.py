"""The hotel suite with test data that takes env SLOW_START_S seconds to load, in every process."""

import os
import time

from locust import events


@events.init.add_listener
def load_test_data(**_):
    time.sleep(float(os.environ.get("SLOW_START_S", "0")))  # gevent has patched it: others go on meanwhile


from tests.locustfiles.raw import *  # noqa: E402, F403
