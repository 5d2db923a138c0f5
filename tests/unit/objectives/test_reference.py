"""The reference page of the objectives file."""

from __future__ import annotations

from slo.objectives.reference import page
from slo.text import schemas


def test_every_key_of_the_schema_is_a_row() -> None:
    schema = schemas.load("objectives")
    text = page(schema)
    for part in (schema, schema["$defs"]["objective"], schema["$defs"]["regression"]):
        for key in part["properties"]:
            assert f"| `{key}`" in text


def test_required_keys_and_kinds_of_values_are_told() -> None:
    text = page(schemas.load("objectives"))
    assert "| `target` (required) | a quantity with its unit |" in text
    assert "`P0`, `P1`, `P2`" in text
