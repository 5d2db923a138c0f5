"""What a locustfile declares about itself: its name, and the meaning of its options.

A locustfile declares it by ``slo.plugin.declare_suite``; a run's record has it among the options, as ``slo_suite``.
Without a declaration no option of a locustfile has a meaning to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slo.text.option import flag

KEY = "slo_suite"
_TEXTS = ("name", "scenario", "embedded", "metrics_token", "time_scale", "user_scale", "endpoints")


@dataclass(frozen=True)
class Suite:
    """The name of a suite, and names of its options as in ``parsed_options``; empty where it has none.

    ``scenario`` names the scenario, ``embedded`` says whether the target is one that the locustfile starts itself,
    ``time_scale`` and ``user_scale`` are factors on the time and the users of its plans. ``load_options`` are further
    options that change the load: runs that differ in one are not compared. ``metrics_token`` is the environment
    variable with the bearer token for the target's own metrics. ``endpoints`` is the option that changes paths and
    methods, ``secrets`` are the environment variables that its requests are signed or authorized with.
    """

    name: str = ""
    scenario: str = ""
    embedded: str = ""
    metrics_token: str = ""
    time_scale: str = ""
    user_scale: str = ""
    load_options: tuple[str, ...] = ()
    endpoints: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def all_load_options(self) -> tuple[str, ...]:
        """All options of the suite that change the load."""
        return (*(name for name in (self.time_scale, self.user_scale) if name), *self.load_options)

    def more_users(self, factor: float) -> str:
        """Return what to try for ``factor`` times the users: the suite's option, or a phrase."""
        return f"{flag(self.user_scale)} {factor:g}" if self.user_scale else f"{factor:g} times the users"

    def hint(self, field: str) -> str:
        """Return the option that ``field`` names, in parentheses after a blank; empty where the suite has none."""
        name = getattr(self, field)
        return f" ({flag(name)})" if name else ""

    def to_data(self) -> dict[str, Any]:
        """Return plain data for the options of a run."""
        return {**vars(self), "load_options": list(self.load_options), "secrets": list(self.secrets)}

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Suite:
        """Return what the options of a run say; an empty suite where they say nothing."""
        found = options.get(KEY)
        if not isinstance(found, Mapping):
            return cls()
        texts = {name: str(found.get(name) or "") for name in _TEXTS}
        return cls(**texts, load_options=_names(found.get("load_options")), secrets=_names(found.get("secrets")))


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
