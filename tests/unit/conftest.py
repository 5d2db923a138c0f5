"""Unit tests import Locust as it is: without its changes to the standard library, which break a worker of pytest."""

from __future__ import annotations

import os

SKIP = "LOCUST_SKIP_MONKEY_PATCH"

# Set for the import alone: processes that tests start do not inherit it.
os.environ[SKIP] = "1"
import locust  # noqa: E402, F401

del os.environ[SKIP]
