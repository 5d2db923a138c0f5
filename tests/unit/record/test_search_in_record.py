"""The record of a search for the limit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slo.record import run as runs
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.made import demanding
from tests.support.searched import FOUND, QUICK, searched


def test_the_record_is_valid_and_judged_again_it_finds_the_same(tmp_path: Path) -> None:
    run = searched(FOUND)
    assert not list(Draft202012Validator(schemas.load("run")).iter_errors(json.loads(json.dumps(run.to_data()))))
    runs.write(run, tmp_path)
    again = runs.read(tmp_path)
    assert again == run
    demanded = demanding(QUICK, "indicator: capacity.users, target: 17 users")
    assert to_json(judge(again, demanded)) == to_json(judge(run, demanded))
    assert not list(
        Draft202012Validator(schemas.load("verdict")).iter_errors(json.loads(to_json(judge(run, demanded))))
    )


def test_a_record_without_search_has_no_such_key() -> None:
    assert "search" not in replace(searched(FOUND), search=None).to_data()


def test_a_damaged_search_is_refused() -> None:
    data = json.loads(json.dumps(searched(FOUND).to_data()))
    data["search"]["items"][0]["users"] = 0
    with pytest.raises(RunError, match="search"):
        Run.from_data(data)
