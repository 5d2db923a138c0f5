"""The headers of every request, as the user's class or its client sets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from requests.structures import CaseInsensitiveDict


class DefaultHeaders(CaseInsensitiveDict[str]):
    """Header values by name, whatever its case; ``on_change`` is called after each change."""

    def __init__(self, on_change: Callable[[], None], headers: Mapping[str, str]) -> None:
        self._on_change: Callable[[], None] = lambda: None
        super().__init__(headers)
        self._on_change = on_change

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name, value)
        self._on_change()

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._on_change()
