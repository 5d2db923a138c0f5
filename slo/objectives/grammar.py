"""What the schema of a YAML file forbids, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from slo.objectives.document import Document, Path, Problem
from slo.text import schemas, suggest

_TYPES = {"string": "text", "array": "a list", "object": "a mapping of keys", "number": "a number"}
_EXAMPLES = {
    "version": "`version: 1`",
    "objectives": "`objectives:` with a list of objectives",
    "indicator": "`indicator: latency.p95`",
    "target": "`target: 800 ms`",
    "after": "`after: 30 s`",
}
_SHARE = "`target: 10 %`"


def problems(document: Document, schema: str) -> Iterator[Problem]:
    """Yield what is wrong with ``document`` by the schema called ``schema`` (one of ``schemas.NAMES``)."""
    for error in Draft202012Validator(schemas.load(schema)).iter_errors(document.data):
        yield from _explain(document, error)


def _explain(document: Document, error: ValidationError) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    schema: Any = error.schema
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        allowed = sorted(schema["properties"])
        for key in sorted(set(instance) - set(allowed)):
            closest = suggest.closest(key.lower(), allowed)
            meant = f"; did you mean `{closest}`?" if closest else "."
            message = f"is not a key here{meant} Allowed: {', '.join(allowed)}"
            yield document.problem((*path, key), message, at_key=True)
    elif error.validator == "required":
        key = next(key for key in wanted if repr(key) in error.message)
        yield document.problem(
            path, f"`{key}` is missing; add {_SHARE if path[:1] == ('regression',) else _EXAMPLES[key]}"
        )
    else:
        yield document.problem(path, _sentence(document, path, error))


def _sentence(document: Document, path: Path, error: ValidationError) -> str:
    schema: Any = error.schema
    wanted = schema.get("description", "")
    tail = f"; write {wanted}" if wanted else ""
    match error.validator:
        case "type":
            return f"{_describe_value(document, path, error.instance)}{tail}"
        case "const" | "enum":
            return f"{_enum_sentence(document, path, error)} Allowed: {wanted}"
        case "minItems" | "minLength" | "minProperties":
            return f"is empty{tail}"
        case "maxItems" | "maxLength":
            return f"is too long: at most {error.validator_value}"
        case "uniqueItems":
            return "names one thing twice"
    return f"has a line break or a control character{tail}"


def _enum_sentence(document: Document, path: Path, error: ValidationError) -> str:
    value: Any = error.validator_value
    options = value if error.validator == "enum" else [value]
    known = {str(option).lower(): option for option in options}
    written = document.texts.get(path, "this value")[:60]
    closest = suggest.closest(written.lower(), known)
    return f"`{written}` is not allowed" + (f"; did you mean `{known[closest]}`?" if closest else ".")


def _describe_value(document: Document, path: Path, value: Any) -> str:
    """Say what was found, and for text that YAML reads as something else, how to keep it text."""
    written = document.texts.get(path, "")[:60]
    if value is None:
        return "has no value"
    if isinstance(value, bool):
        return f"`{written}` is read as true or false (quote it if it is text)"
    if isinstance(value, int | float):
        return f"`{written}` is a number (quote it if it is text)"
    if isinstance(value, str):
        return f"`{written}` is text"
    return f"is {_TYPES['array' if isinstance(value, list) else 'object']}"
