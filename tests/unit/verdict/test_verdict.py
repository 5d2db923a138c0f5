"""The verdict as data."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from slo.text import schemas
from slo.verdict.judge import judge
from slo.verdict.verdict import to_json
from tests.support.judged import mixed
from tests.support.made import demanding, made


def test_the_verdict_is_valid_by_its_schema_and_the_same_every_time() -> None:
    verdict = judge(made(mixed), demanding("indicator: latency.p95, target: 1 s"))
    assert to_json(verdict) == to_json(judge(made(mixed), demanding("indicator: latency.p95, target: 1 s")))
    Draft202012Validator(schemas.load("verdict")).validate(json.loads(to_json(verdict)))
