"""Endpoints: a request's method and name, how they are stored, and how they are shown to people.

Stored, an endpoint is one text, its id: method, tab, name; the name alone where the method is not known (checks that
give a name only, records of version 1). Shown, it is its name; ``METHOD name`` where a run has several methods of one
name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self, TypeVar

T = TypeVar("T")

Pair = tuple[object, object]
"""The method and the name of a request as a client reports them: usually texts."""
Reported = Pair | str
"""An endpoint as it is reported: method and name, or the name alone."""
_SEPARATOR = "\t"
"""Is in no name and no method: control characters are removed from both where they enter."""
_UNKNOWN = "?"
"""Stands for a method that is not known where the name alone would look like another endpoint; is no method."""
_HTTP = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))


class Endpoint(str):
    """An endpoint as it is shown, which knows its ``method`` (empty: not known) and its ``name``."""

    __slots__ = ("method", "name")
    method: str
    name: str

    def __new__(cls, shown: str, method: str, name: str) -> Self:
        """Return the endpoint that is shown as ``shown``."""
        made = super().__new__(cls, shown)
        made.method, made.name = method, name
        return made

    def __getnewargs__(self) -> tuple[str, str, str]:  # type: ignore[override]  # as __new__ takes them
        """Return what ``copy`` and ``pickle`` make it of."""
        return str(self), self.method, self.name


def endpoint_id(method: str, name: str) -> str:
    """Return the id of an endpoint; ``method`` is empty where it is not known."""
    return f"{method}{_SEPARATOR}{name}" if method else name


def stored_id(reported: Reported, clean: Callable[[object], str]) -> str:
    """Return the id of what a client reported; ``clean`` makes a storable text of its method and of its name.

    A method is one word; those of HTTP are in capital letters.
    """
    if type(reported) is not tuple:
        return clean(reported)
    method = "" if reported[0] is None else "_".join(clean(reported[0]).split())
    if method.upper() in _HTTP:
        method = method.upper()
    return endpoint_id("" if method == _UNKNOWN else method, clean(reported[1]))


def method_and_name(endpoint: str) -> tuple[str, str]:
    """Return the method and the name of an endpoint, given as it is shown or as its id."""
    if isinstance(endpoint, Endpoint):
        return endpoint.method, endpoint.name
    method, separator, name = endpoint.partition(_SEPARATOR)
    return (method, name) if separator else ("", endpoint)


class EndpointNames:
    """How the endpoints of a run are shown: no two alike."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Take the ids of all endpoints of the run."""
        self._ids: set[str] = set()
        self._shown: dict[str, Endpoint] = {}
        self.update(ids)

    def update(self, ids: Iterable[str]) -> None:
        """Add endpoints; what those of the same name are shown as may change."""
        before = len(self._ids)
        self._ids.update(ids)
        if len(self._ids) > before:
            self._shown = _shown(self._ids)

    def shown(self, endpoint: str) -> Endpoint:
        """Return how the endpoint of this id is shown."""
        found = self._shown.get(endpoint)
        if found is None:
            method, name = method_and_name(endpoint)
            return Endpoint(name, method, name)
        return found


def _shown(ids: Iterable[str]) -> dict[str, Endpoint]:
    """Return how each endpoint is shown, by its id."""
    pairs = {one: method_and_name(one) for one in ids}
    methods: dict[str, set[str]] = {}
    for method, name in pairs.values():
        methods.setdefault(name, set()).update([method] if method else [])
    for one, (method, name) in pairs.items():
        if not method and len(methods[name]) == 1:  # a check that gave the name alone
            pairs[one] = next(iter(methods[name])), name
    texts = {
        (method, name): f"{method} {name}" if method and len(methods[name]) > 1 else name
        for method, name in pairs.values()
    }
    while len(set(texts.values())) < len(texts):  # a name like "GET /x" beside GET of /x
        times = Counter(texts.values())
        texts = {pair: text if times[text] == 1 else f"{pair[0] or _UNKNOWN} {pair[1]}" for pair, text in texts.items()}
    return {one: Endpoint(texts[pair], *pair) for one, pair in pairs.items()}


def by_name(counts: Iterable[tuple[str, T]]) -> dict[str, dict[str, T]]:
    """Return values by name and method instead of by id, as files have them."""
    found: dict[str, dict[str, T]] = {}
    for endpoint, value in counts:
        method, name = method_and_name(endpoint)
        found.setdefault(name, {})[method] = value
    return found


def by_id(counts: Mapping[str, Mapping[str, T]]) -> Iterator[tuple[str, T]]:
    """Yield each endpoint's id and value, given by name and method; raises ValueError for a text that can be none."""
    for name, methods in counts.items():
        if _SEPARATOR in name:
            raise ValueError(f"'{name[:60]}' is no endpoint: it has a tab")
        for method, value in methods.items():
            if method and (method.split() != [method] or not method.isprintable() or method == _UNKNOWN):
                raise ValueError(f"'{method[:60]}' is no method: a method is one word")
            yield endpoint_id(method, name), value
