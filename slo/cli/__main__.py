"""``python -m slo.cli``: the same as the command ``locust-slo``."""

from __future__ import annotations

import sys

from slo.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
