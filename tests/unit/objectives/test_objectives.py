from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slo.cli import main
from slo.metrics.indicator import ALLOWED, IndicatorError
from slo.metrics.indicator import parse as parse_indicator
from slo.objectives.objectives import ObjectivesError, load, parse

MALFORMED = sorted((Path(__file__).parents[2] / "malformed").glob("*.yaml"))
HOTEL = Path(__file__).parents[3] / "slo" / "hotel.yaml"
MINUTES = {"smoke", "load", "stress", "spike", "soak"}


def one(**keys: str) -> str:
    lines = [f"    {key}: {value}" for key, value in keys.items()]
    return "version: 1\nobjectives:\n  -" + "\n".join(lines)[3:] + "\n"


@pytest.mark.parametrize("file", MALFORMED, ids=lambda file: file.stem)
def test_a_malformed_file_says_exactly_what_is_wrong(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = file.with_suffix(".expected").read_text(encoding="utf-8")
    expected = text.replace("<indicators>", ALLOWED).splitlines()
    with pytest.raises(ObjectivesError) as caught:
        load(file)
    assert str(caught.value).splitlines() == [f"{file}:{line}" for line in expected]
    assert main.main(["lint", str(file)]) == 3
    assert capsys.readouterr().out.splitlines() == [f"{file}:{line}" for line in expected]


def test_there_are_many_malformed_files() -> None:
    assert len(MALFORMED) >= 36


@pytest.mark.parametrize("wrong", ["missing.yaml", "."])
def test_a_file_that_is_none_is_an_error_for_people(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ObjectivesError, match="there is no such file|is a folder"):
        load(tmp_path / wrong)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.write_text("# much\n" * 100_000, encoding="utf-8")
    with pytest.raises(ObjectivesError, match="larger than 256 kB"):
        load(huge)


@settings(max_examples=100)
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_an_objectives_file_or_an_error(text: str) -> None:
    with pytest.raises(ObjectivesError):
        parse("version: 1\n" + text, "f.yaml")


KEYS = st.sampled_from(
    ["version", "title", "groups", "objectives", "indicator", "target", "warning", "name", "of", "x"]
)
VALUES = st.sampled_from([None, True, 1, 1.5, "latency.p95", "1 s", "1 %", "P0", "all", "", "a", "2 s"])
DATA = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@settings(max_examples=100)
@given(DATA)
def test_any_data_is_an_objectives_file_or_an_error(data: object) -> None:
    try:
        parse(yaml.safe_dump({"version": 1, "objectives": data}), "f.yaml")
    except ObjectivesError as error:
        assert all(problem.line >= 1 and problem.message for problem in error.problems)


def test_the_shortest_file() -> None:
    found = parse("version: 1\nobjectives:\n  - indicator: latency.p95\n    target: 800 ms\n", "f.yaml").items[0]
    assert (found.name, found.target, found.priority, found.line) == ("latency.p95", Fraction(800), "P1", 3)


def test_a_name_is_made_of_the_scope() -> None:
    text = one(indicator="latency.p99", target="1 s", of="ok", endpoint="[a, b]", stage="hold", scenario="load")
    assert parse(text, "f.yaml").items[0].name == "latency.p99 (ok requests) of a, b during hold in load"


def test_the_best_value_may_be_demanded() -> None:
    assert parse(one(indicator="errors.ratio", target="0 %"), "f").items[0].target == 0
    assert parse(one(indicator="checks.ratio", target="100 %"), "f").items[0].target == 1
    assert parse(one(indicator="errors.ratio", target="1 %", warning="0 %"), "f").items[0].warning == 0


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(ObjectivesError) as caught:
        parse(one(indicator="latency.p95", target="5", warning="7", priority="P9", colour="red"), "f.yaml")
    assert [problem.key.rpartition(".")[2] for problem in caught.value.problems] == [
        "target",
        "warning",
        "priority",
        "colour",
    ]


REFERENCE = {
    "P95 latency": ("latency.p95", Fraction(3000), Fraction(2500), "P0", MINUTES),
    "P99 latency": ("latency.p99", Fraction(5000), Fraction(4000), "P1", MINUTES),
    "error rate": ("errors.ratio", Fraction(1, 100), Fraction(1, 200), "P0", {"smoke", "load", "soak"}),
    "error rate (429 aside)": ("errors.ratio", Fraction(1, 100), Fraction(1, 200), "P0", {"stress", "spike"}),
    "throughput": ("throughput.rps", Fraction(10), Fraction(15), "P2", {"load", "spike"}),
    "throughput under stress": ("throughput.rps", Fraction(10), Fraction(15), "P2", {"stress"}),
    "check pass rate": ("checks.ratio", Fraction(99, 100), Fraction(199, 200), "P1", MINUTES),
    "average latency": ("latency.mean", Fraction(1500), Fraction(1000), "P2", MINUTES),
    "health p95": ("latency.p95", Fraction(500), None, "P1", MINUTES),
    "whatsapp p95": ("latency.p95", Fraction(3000), None, "P1", MINUTES - {"smoke"}),
    "pms p95": ("latency.p95", Fraction(4000), None, "P1", MINUTES - {"smoke"}),
    "reservation p95": ("latency.p95", Fraction(5000), None, "P1", {"load", "stress", "soak"}),
}


def test_the_hotel_demands_what_the_reference_says() -> None:
    found = {
        one.name: (one.indicator.name, one.target, one.warning, one.priority, set(one.scope.scenarios) or MINUTES)
        for one in load(HOTEL).items
        if one.against == "target"
    }
    assert found == REFERENCE


@pytest.mark.parametrize(
    ("name", "canonical", "direction"),
    [
        ("latency.p50", "latency.p50", "lower"),
        ("latency.p99.90", "latency.p99.9", "lower"),
        ("latency.mean", "latency.mean", "lower"),
        ("errors.ratio", "errors.ratio", "lower"),
        ("throughput.rps", "throughput.rps", "higher"),
        ("checks.ratio", "checks.ratio", "higher"),
        ("requests.count", "requests.count", "higher"),
    ],
)
def test_indicators_have_a_direction(name: str, canonical: str, direction: str) -> None:
    found = parse_indicator(name)
    assert (found.name, found.direction) == (canonical, direction)


@given(st.text(max_size=30))
def test_any_other_name_is_no_indicator(name: str) -> None:
    try:
        assert parse_indicator(name).name
    except IndicatorError as error:
        assert "Allowed" in str(error) or "latency" in str(error)
