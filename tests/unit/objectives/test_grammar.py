"""What the schema forbids, in sentences."""

from __future__ import annotations

import pytest

from slo.objectives import document, grammar

HEAD = "version: 1\nobjectives:\n"
GOOD = "  - {indicator: latency.p95, target: 1 s}\n"


def problems(text: str) -> list[str]:
    return [str(one) for one in grammar.problems(document.parse(text, "x.yaml"), "objectives")]


def test_a_valid_file_has_no_problem() -> None:
    assert problems(HEAD + GOOD) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "  - {indicator: latency.p95, targte: 1 s}\n", "did you mean `target`?"),
        (HEAD + "  - {indicator: latency.p95}\n", "`target` is missing; add `target: 800 ms`"),
        ("objectives:\n" + GOOD, "`version` is missing; add `version: 1`"),
        (HEAD + "  - {indicator: latency.p95, target: 1 s, priority: p0}\n", "did you mean `P0`?"),
        (HEAD + "  - {indicator: latency.p95, target: yes}\n", "`yes` is read as true or false"),
        (HEAD + "  - {indicator: latency.p95, target: [1]}\n", "is a list"),
        (HEAD + "  - {indicator: latency.p95, target: }\n", "has no value"),
        ("version: 1\nobjectives: []\n", "is empty"),
        (HEAD + GOOD + "regression: {latency.p95: {}}\n", "`target` is missing; add `target: 10 %`"),
    ],
)
def test_a_problem_says_what_is_allowed(text: str, message: str) -> None:
    assert message in "\n".join(problems(text))
