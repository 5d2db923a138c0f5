"""A judged run and its notification."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from slo.record.run import Run
from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import Verdict
from tests.support.made import demanding, requests


def judged(*lines: str) -> tuple[Run, Verdict]:
    run = requests(400, endpoint="<home> & *away*")
    return run, judge(run, demanding(*lines))


def valid(document: dict[str, Any]) -> dict[str, Any]:
    Draft202012Validator(schemas.load("notification")).validate(document)
    return document
