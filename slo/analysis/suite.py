"""What a locustfile says of its own options: which one names the scenario, which ones scale the load.

A locustfile declares it by ``slo.plugin.declare_suite``; a run's record holds it among the options, as ``slo_suite``.
Without it no option of a locustfile has a meaning to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "slo_suite"
_TEXTS = ("scenario", "embedded", "time_scale", "user_scale", "metrics_token")


@dataclass(frozen=True)
class Suite:
    """Names of options, as in the options of a run (``time_scale`` for ``--time-scale``); empty where there is none.

    ``scenario`` names the scenario, ``embedded`` says whether the target is one that the locustfile starts itself,
    ``time_scale`` and ``user_scale`` are factors on the plan. ``load`` are all options that change the load: runs that
    differ in one of them are not compared. ``metrics_token`` is the environment variable with the bearer token for
    the target's own metrics.
    """

    scenario: str = ""
    embedded: str = ""
    time_scale: str = ""
    user_scale: str = ""
    load: tuple[str, ...] = ()
    metrics_token: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return plain data for the options of a run."""
        return {**vars(self), "load": list(self.load)}

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Suite:
        """Return what the options of a run say; an empty suite where they say nothing."""
        found = options.get(KEY)
        if not isinstance(found, Mapping):
            return cls()
        texts = {name: str(found.get(name) or "") for name in _TEXTS}
        return cls(**texts, load=tuple(map(str, found.get("load") or ())))


def scale_users(options: Mapping[str, Any], factor: float) -> str:
    """Return how to offer ``factor`` times the users, as the end of a sentence that begins with "try"."""
    option = Suite.of_options(options).user_scale
    return f"--{option.replace('_', '-')} {factor:g}" if option else f"{factor:g} times the users"
