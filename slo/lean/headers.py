"""The headers of an answer: a mapping that knows no case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


class Headers(Mapping[str, str]):
    """Header fields by name, whatever its case; a name sent several times has its values joined by commas."""

    def __init__(self, names: Sequence[str], values: Sequence[str]) -> None:
        self._pairs = [(name, value.strip(" \t")) for name, value in zip(names, values, strict=True)]
        self._joined: dict[str, str] = {}
        self._spelt: dict[str, str] = {}
        for name, value in self._pairs:
            key = name.lower()
            self._spelt.setdefault(key, name)
            self._joined[key] = f"{self._joined[key]}, {value}" if key in self._joined else value

    def __getitem__(self, name: str) -> str:
        return self._joined[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._joined

    def __iter__(self) -> Iterator[str]:
        return iter(self._spelt.values())

    def __len__(self) -> int:
        return len(self._joined)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"

    def get_all(self, name: str, default: list[str] | None = None) -> list[str] | None:
        """Return each value sent under ``name`` (the spelling of ``email.message``, which cookie jars read by)."""
        wanted = name.lower()
        return [value for key, value in self._pairs if key.lower() == wanted] or default
