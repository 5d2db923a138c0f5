"""The hotel suite as another version of this package would run it."""

import slo.cluster.identity

slo.cluster.identity.__version__ = "0.0.1"

from locustfiles.hotel import *  # noqa: E402, F403
