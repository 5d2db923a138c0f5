"""The keys of an objectives file as a page, from the schema that checks it: one source for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TITLE = "# Reference of the objectives file"
HEAD = (
    "Made from the JSON Schema by `locust-slo schema objectives --as markdown`. [Objectives](objectives.md) explains\n"
    "how to use them; the schema itself, for editors, is printed by `locust-slo schema objectives`."
)
_PARTS = (
    ("The file", None),
    ("An objective", "objective"),
    ("A regression", "regression"),
)
_ALIKE = {"name": "one line", "names": "a name, or a list of names", "quantity": "a quantity with its unit"}


def page(schema: Mapping[str, Any]) -> str:
    """Return the Markdown page of the schema of objectives files."""
    lines = [TITLE, "", HEAD, ""]
    for title, name in _PARTS:
        part = schema if name is None else schema["$defs"][name]
        lines += [
            f"## {title}",
            "",
            f"{_sentence(part['description'])}",
            "",
            "| key | value | meaning |",
            "|---|---|---|",
        ]
        lines += list(_rows(schema, part))
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _rows(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[str]:
    for key, value in part["properties"].items():
        reference = value.get("$ref", "").rpartition("/")[2]
        whole = {**schema["$defs"].get(reference, {}), **value}
        required = " (required)" if key in part.get("required", ()) else ""
        meaning = value.get("$comment") or whole.get("description", "")
        yield f"| `{key}`{required} | {_kind(whole, reference)} | {meaning} |"


def _kind(value: Mapping[str, Any], reference: str) -> str:
    if reference in _ALIKE:
        return _ALIKE[reference]
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    kinds = value.get("type", "mapping")
    names = {"object": "mapping", "array": "list", "string": "text"}
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
