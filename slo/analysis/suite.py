"""What a locustfile says of its own options: which one names the scenario, and which one starts the target.

A locustfile declares it by ``slo.plugin.declare_suite``; a run's record holds it among the options, as ``slo_suite``.
Without it no option of a locustfile has a meaning to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "slo_suite"
_FIELDS = ("scenario", "embedded", "metrics_token")


@dataclass(frozen=True)
class Suite:
    """Names of options, as in the options of a run (``scenario`` for ``--scenario``); empty where there is none.

    ``scenario`` names the scenario, ``embedded`` says whether the target is one that the locustfile starts itself.
    ``metrics_token`` is the environment variable with the bearer token for the target's own metrics.
    """

    scenario: str = ""
    embedded: str = ""
    metrics_token: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return plain data for the options of a run."""
        return dict(vars(self))

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Suite:
        """Return what the options of a run say; an empty suite where they say nothing."""
        found = options.get(KEY)
        if not isinstance(found, Mapping):
            return cls()
        return cls(**{name: str(found.get(name) or "") for name in _FIELDS})
