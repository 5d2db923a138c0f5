"""Tables of counts by endpoint and stage, and how they are added."""

from __future__ import annotations

from collections.abc import Mapping

from slo.metrics.endpoint import EndpointNames
from slo.metrics.tally import Tally

Key = tuple[str, str]
"""(endpoint, stage); the endpoint is either its id or as it is shown (see ``slo.metrics.endpoint``)"""
Tallies = Mapping[Key, Tally]
"""Counts by (endpoint, stage), to be read."""


class TallyTable(dict[Key, Tally]):
    """Counts by (endpoint, stage).

    What is added is copied: the table never shares a tally with the one it was added from.
    """

    def add(self, endpoint: str, stage: str, tally: Tally) -> None:
        """Add counts of one endpoint in one stage."""
        self.setdefault((endpoint, stage), Tally()).add(tally)

    def add_all(self, other: Mapping[Key, Tally], names: EndpointNames | None = None) -> None:
        """Add every count of another table; with ``names`` its endpoints are ids, and added as they are shown."""
        for (endpoint, stage), tally in other.items():
            self.add(names.shown(endpoint) if names else endpoint, stage, tally)

    def shown(self, names: EndpointNames) -> TallyTable:
        """Return this table, by endpoint ids, with its endpoints as they are shown."""
        found = TallyTable()
        found.add_all(self, names)
        return found
