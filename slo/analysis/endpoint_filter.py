"""Which endpoints a scope selects, by name and method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from slo.metrics.endpoint import method_and_name
from slo.objectives.objective import Scope, endpoints_text


@dataclass(frozen=True)
class EndpointFilter:
    """Patterns of names and of methods, as of ``fnmatch``; case matters. None of a kind means all."""

    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it leaves any endpoint out."""
        return bool(self.names or self.methods)

    def accepts(self, endpoint: str) -> bool:
        """Return whether the scope selects an endpoint, given as it is shown or as its id."""
        method, name = method_and_name(endpoint)
        return matches(name, self.names) and matches(method, self.methods)

    def __str__(self) -> str:
        """Return what it selects, as part of a sentence."""
        return endpoints_text(self.methods, self.names)


def of_scope(scope: Scope, groups: Mapping[str, tuple[str, ...]]) -> EndpointFilter:
    """Return the filter of a scope; ``groups`` are the patterns of each group's endpoints."""
    grouped = (name for group in scope.groups for name in groups.get(group, ()))
    return EndpointFilter((*scope.endpoints, *grouped), scope.methods)


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether ``name`` matches one of ``patterns``, or there are none."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
