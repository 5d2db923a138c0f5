"""JUnit XML: valid, readable by others, and a case keeps its name when a limit is edited."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase
from lxml import etree

from slo.analysis.finding import Figure, Finding
from slo.record.code_counts import CodeCounts
from slo.record.code_exceptions import CodeExceptions
from slo.record.ending import Ending
from slo.record.run import Run
from slo.reports import junit
from slo.verdict.judge import judge
from tests.support.junit import SCHEMA
from tests.support.made import demanding, requests

EVERY_STATUS = demanding(
    "name: passes, indicator: latency.p95, target: 200 ms",
    "name: warns, indicator: latency.p50, target: 200 ms, warning: 50 ms",
    "name: fails, indicator: latency.mean, target: 50 ms",
    "name: is critical, indicator: latency.max, target: 50 ms, priority: P0",
    "name: has no data, indicator: latency.p95, target: 50 ms, endpoint: elsewhere",
    "name: is skipped, indicator: latency.p95, target: 50 ms, scenario: soak",
)


def cases(run: Run, lines: str = "", strict: bool = False) -> dict[str, TestCase]:
    verdict = judge(run, demanding(lines) if lines else EVERY_STATUS)
    text = junit.render(run, verdict, strict)
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    (suite,) = JUnitXml.fromstring(text.encode())
    found = list(suite)
    assert suite.tests == len(found)
    assert suite.failures == sum(isinstance(o, Failure) for case in found for o in case.result)
    assert suite.errors == sum(isinstance(o, Error) for case in found for o in case.result)
    assert suite.skipped == sum(isinstance(o, Skipped) for case in found for o in case.result)
    return {str(case.name): case for case in found}


def test_each_status_is_what_a_ci_makes_of_it() -> None:
    found = cases(requests(400))
    assert {name: [type(outcome) for outcome in case.result] for name, case in found.items()} == {
        "passes": [],
        "warns": [],
        "fails": [Failure],
        "is critical": [Failure],
        "has no data": [Error],
        "is skipped": [Skipped],
    }
    assert {case.classname for case in found.values()} == {"locust-slo.load"}
    assert found["fails"].result[0].message == "100 ms against 50 ms"
    assert found["is critical"].result[0].type == "CRITICAL"
    assert "past the warning at 50 ms" in str(found["warns"].system_out)


def test_a_warning_is_a_failure_where_that_is_asked_for() -> None:
    words = "name: warns, indicator: latency.p50, target: 200 ms, warning: 50 ms"
    assert not cases(requests(400), words)["warns"].result
    assert isinstance(cases(requests(400), words, strict=True)["warns"].result[0], Failure)
    asked = replace(requests(400), options={"fail_on": "warning"})
    assert isinstance(cases(asked, words)["warns"].result[0], Failure)


def test_a_case_keeps_its_name_when_its_limit_is_edited() -> None:
    names = [
        list(cases(requests(10), f"indicator: latency.p95, target: {target}, warning: {warning}"))
        for target, warning in (("3000 ms", "2500 ms"), ("2 s", "1 s"))
    ]
    assert names[0] == names[1] == ["latency.p95"]


def test_limits_and_values_are_properties_of_the_suite_with_their_units() -> None:
    run = requests(400)
    verdict = judge(run, EVERY_STATUS)
    tree = etree.fromstring(junit.render(run, verdict).encode())
    found = {one.get("name"): one.get("value") for one in tree.iter("property")}
    assert found["fails: value"] == "100 ms"
    assert found["fails: target"] == "< 50 ms"
    assert found["fails: deviation"] == "+100.0 %"
    assert found["fails: unit"] == "ms"
    assert found["is critical: priority"] == "P0"
    assert found["objectives"].startswith("made.yaml (sha256 ")


def test_findings_are_properties_of_the_suite_with_their_units() -> None:
    figures = (
        Figure("recovery.s", Fraction(12), "s", Fraction(11), Fraction(12)),
        Figure("capacity.users", Fraction(50), "users", low=Fraction(50), exact=False),
    )
    one = Finding("recovery", "recovered within 12 s \x00<", True, figures, ("4 were throttled", "9 went well"))
    other = Finding("drift", "no answer: too short", is_answered=False)
    run = requests(400)
    text = junit.render(run, replace(judge(run, EVERY_STATUS), findings=(one, other)))
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    suite = etree.fromstring(text.encode())
    named = [(one.get("name"), one.get("value")) for one in suite.iterfind("testsuite/properties/property")]
    found = [(name, value) for name, value in named if name.startswith("finding ")]
    assert found == [
        ("finding recovery", "recovered within 12 s  <"),
        ("finding recovery: told", "yes"),
        ("finding recovery: recovery.s", "12 s (11 s to 12 s)"),
        ("finding recovery: recovery.s: unit", "s"),
        ("finding recovery: capacity.users", "at least 50 users"),
        ("finding recovery: capacity.users: unit", "users"),
        ("finding recovery: detail 1", "4 were throttled"),
        ("finding recovery: detail 2", "9 went well"),
        ("finding drift", "no answer: too short"),
        ("finding drift: told", "no"),
    ]


def test_a_run_without_a_verdict_has_an_error_though_each_objective_was_met() -> None:
    run = replace(requests(400), ended=Ending("incomplete", "the last counts of worker-1 never arrived"))
    found = cases(run, "name: passes, indicator: latency.p95, target: 200 ms")
    assert not found["passes"].result
    assert isinstance(found[junit.OVERALL].result[0], Error)
    assert "the last counts of worker-1 never arrived" in found[junit.OVERALL].result[0].message


def test_characters_that_xml_forbids_are_left_out() -> None:
    run = replace(requests(400), ended=Ending("crashed", "a \x00\x0b\ufffe\ud800 ]]> <b>&"))
    found = cases(run, "indicator: latency.p95, target: 200 ms")
    assert found[junit.OVERALL].result[0].message.endswith("]]> <b>&")


def test_long_names_stay_apart() -> None:
    run = requests(10)
    (objective,) = demanding("indicator: latency.p95, target: 1 s").items
    names = [f"{'x' * 10_000}{end}" for end in "ab"]
    objectives = replace(EVERY_STATUS, items=tuple(replace(objective, name=name) for name in names))
    text = junit.render(run, judge(run, objectives))
    shown = [case.get("name") for case in etree.fromstring(text.encode()).iter("testcase")]
    assert len(set(shown)) == 2
    assert max(map(len, shown)) <= junit.MAX_LENGTH


def test_a_run_that_fails_with_every_objective_met_has_a_failed_case() -> None:
    run = replace(requests(400), code=CodeCounts(CodeExceptions({"KeyError: 'id'": 3})))
    words = "name: passes, indicator: latency.p95, target: 200 ms"
    assert junit.OVERALL not in cases(run, words)
    failed = cases(run, words, strict=True)
    assert isinstance(failed[junit.OVERALL].result[0], Failure)
    assert not failed["passes"].result
