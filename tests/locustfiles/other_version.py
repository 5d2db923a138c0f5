"""The hotel suite as another version of this package would run it."""

import slo

slo.__version__ = "0.0.1"

from locustfiles.hotel import *  # noqa: E402, F403
