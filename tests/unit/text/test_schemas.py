"""Schemas of the file formats."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from slo.text import schemas


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_schema_is_one_and_is_named(name: str) -> None:
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(schemas.text(name)) == schema
