"""SLO gates for Locust: ``import slo.plugin`` in a locustfile, write objectives in YAML, get a verdict.

``slo.check(response, name, passed)`` counts a named check; see ``slo.plugin.check``.
"""

from __future__ import annotations

from typing import Any

from slo.text.version import __version__

__all__ = ["__version__", "check"]


def __getattr__(name: str) -> Any:
    # The plugin imports Locust, which patches the standard library: only a locustfile should cause that.
    if name == "check":
        from slo.plugin import check

        return check
    raise AttributeError(f"module 'slo' has no attribute {name!r}")
