"""``locust-slo schema``."""

from __future__ import annotations

import json

import pytest

from slo.text import schemas
from tests.support.cli import say


def test_the_names_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "schema").split() == list(schemas.NAMES)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_schema_is_printed_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(say(capsys, "schema", name)) == schemas.load(name)


def test_objectives_have_a_reference_page_and_others_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "schema", "objectives", "--as", "markdown").startswith("#")
    assert "works with `schema objectives` only" in say(capsys, "schema", "run", "--as", "markdown", code=3)
