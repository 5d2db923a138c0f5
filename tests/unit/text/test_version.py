"""One version, wherever it is asked for."""

from __future__ import annotations

import re
from importlib import metadata

from slo.text.version import __version__


def test_the_version_is_that_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert metadata.version("locust-slo") == __version__
