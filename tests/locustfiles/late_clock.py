"""The hotel suite on a machine whose clocks are env CLOCK_OFF_S seconds off, all three that Python reads."""

import os
import time


def shifted(clock, by_s):
    return lambda: clock() + by_s


OFF_S = float(os.environ.get("CLOCK_OFF_S", "0"))
for name in ("time", "perf_counter", "monotonic"):
    setattr(time, name, shifted(getattr(time, name), OFF_S))

from tests.locustfiles.raw import *  # noqa: E402, F403
