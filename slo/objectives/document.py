"""A YAML document with the place of every key and value, so that an error can name its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 50
TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"
MAX_NODES = 20_000
"""Aliases can make a small file unfold into a huge one."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file: where (line and column count from 1), the key's path, and a sentence."""

    source: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.source}:{self.line}:{self.column}: {key}{self.message}"


class DocumentError(Exception):
    """A file with ``problems``; its text has one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Document:
    """Plain data, and for each path into it the place of its value, of its key, and its text as written."""

    source: str
    data: Any = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)

    def problem(self, path: Path, message: str, at_key: bool = False) -> Problem:
        """Return a problem with what is at ``path``."""
        places = self.keys if at_key and path in self.keys else self.values
        return Problem(self.source, *places.get(path, (1, 1)), show_path(path), message)


def show_path(path: Path) -> str:
    """Return a path the way people write it: ``objectives[2].target``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_truncated(part)}" for part in path)
    return text.removeprefix(".")


def read(path: FilePath) -> str:
    """Return a file's text; raises DocumentError with the reason why it cannot be read."""

    def failed(message: str) -> DocumentError:
        return DocumentError([Problem(str(path), 1, 1, "", message)])

    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise failed("there is no such file") from None
    except IsADirectoryError:
        raise failed("is a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise failed(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise failed(f"is larger than {MAX_BYTES // 1024} kB; is this the right file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "is not UTF-8 text; save it with the encoding UTF-8"
        raise DocumentError([Problem(str(path), line, 1, "", message)]) from None


def parse(text: str, source: str) -> Document:
    """Return the YAML ``text`` as data with places; raises DocumentError for all that YAML itself forbids."""
    document = Document(source)
    try:
        node = yaml.compose(text, Loader=_BoundedLoader)
        if node is None:
            raise DocumentError([Problem(source, 1, 1, "", "the file is empty")])
        builder = _Builder(document)
        document.data = builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise DocumentError([Problem(source, *place, "", _yaml_problem(error))]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = ord(error.character) if isinstance(error.character, str) else error.character
        message = f"the character U+{code:04X} is not allowed in YAML"
        raise DocumentError([Problem(source, line, 1, "", message)]) from None
    if builder.problems:
        raise DocumentError(builder.problems)
    return document


class _BoundedLoader(yaml.SafeLoader):
    """Reads YAML of bounded depth: each level is a level of recursion, and of time."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; raises ComposerError where it is nested too deeply."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, TOO_DEEP, self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if problem == TOO_DEEP:
        return problem
    if "'\\t'" in problem:
        return "is not YAML: a tab; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "is not YAML: a `:` too many; check the indentation, and quote text that holds `: `"
    if "single document" in (error.context or ""):
        return "a second document begins; one file holds one document"
    if "undefined alias" in problem:
        return f"is not YAML: {problem}; quote text that begins with `*`"
    return f"is not YAML: {problem}"


class _Builder:
    """Converts YAML nodes to plain data and records the position of each."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._nodes = 0
        self._above: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: Path) -> Any:
        """Return the data of ``node``, which is at ``path``."""
        self._document.values[path] = _position(node)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"the file unfolds to more than {MAX_NODES} values; write out what its aliases repeat"
            raise DocumentError([Problem(self._document.source, *_position(node), "", message)])
        if any(node is one for one in self._above):
            return self._add_problem(path, "an alias refers to what it is part of")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._above.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(one, (*path, index)) for index, one in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._above.pop()

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._add_problem(path, "`<<` (merging) is not supported; write the keys out", key_node)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._add_problem(path, "a key must be a name", key_node)
                continue
            key = key_node.value
            inner = (*path, key)
            if key in data:
                first = self._document.keys[inner][0]
                self._add_problem(inner, f"`{_truncated(key)}` is written twice; first on line {first}", key_node)
                continue
            self._document.keys[inner] = _position(key_node)
            data[key] = self.build(value_node, inner)
        return data

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        self._document.texts[path] = text = str(node.value)
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("true", "yes", "on")
        if tag == "int" and re.fullmatch("[0-9]{1,18}", text, re.ASCII):
            return int(text)
        if tag == "float" and re.fullmatch(r"[0-9]{1,18}\.[0-9]{1,18}", text, re.ASCII):
            return float(text)
        if tag == "timestamp":
            return self._add_problem(path, f"`{_truncated(text)}` is read as a date; quote it")
        if tag not in ("str", "int", "float"):
            return self._add_problem(path, f"the tag `!{_truncated(node.tag)}` is not supported; write plain text")
        return text

    def _add_problem(self, path: Path, message: str, node: yaml.Node | None = None) -> None:
        place = _position(node) if node is not None else self._document.values[path]
        self.problems.append(Problem(self._document.source, *place, show_path(path), message))


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _truncated(text: str) -> str:
    clean = "".join(one if one.isprintable() else "?" for one in text)
    return clean if len(clean) <= 60 else f"{clean[:57]}..."
