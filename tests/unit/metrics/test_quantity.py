from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo.metrics.quantity import QuantityError, Unit, parse, show, write

UNITS: tuple[Unit, ...] = ("ms", "ratio", "rps", "count")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("3000 ms", "ms", Fraction(3000)),
        ("3s", "ms", Fraction(3000)),
        ("250 us", "ms", Fraction(1, 4)),
        ("2 min", "ms", Fraction(120_000)),
        ("1 h", "ms", Fraction(3_600_000)),
        ("0.5 %", "ratio", Fraction(1, 200)),
        ("10 rps", "rps", Fraction(10)),
        ("600 rpm", "rps", Fraction(10)),
        (300, "count", Fraction(300)),
        ("300 requests", "count", Fraction(300)),
    ],
)
def test_quantities_are_exact(text: object, unit: Unit, value: Fraction) -> None:
    assert parse(text, unit) == value


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "text", ["", "fast", "-1 ms", "1,5 s", "nan", "inf %", "1e3 ms", "1 parsec", None, True, "1 1 ms"]
)
def test_what_is_no_quantity_is_refused(text: object, unit: Unit) -> None:
    with pytest.raises(QuantityError, match="write"):
        parse(text, unit)


@given(st.decimals(0, 10**9, places=3), st.sampled_from(UNITS))
def test_what_is_written_reads_back(number: object, unit: Unit) -> None:
    value = Fraction(str(number)) / (100 if unit == "ratio" else 1)
    if unit == "count":
        value = Fraction(round(value))
    assert parse(write(value, unit), unit) == value


@given(st.fractions(0, 1).filter(lambda ratio: ratio == 0 or ratio > Fraction(1, 10**9)))
def test_a_ratio_never_looks_like_none_or_all(ratio: Fraction) -> None:
    text = show(ratio, "ratio")
    assert (text == "0.00 %") == (ratio == 0)
    assert (text == "100.00 %") == (ratio == 1) or 1 - ratio < Fraction(1, 10**11)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Fraction(42105, 10), "ms", "4210 ms"),
        (Fraction("12.345"), "ms", "12.3 ms"),
        (Fraction("0.4512"), "ms", "0.451 ms"),
        (Fraction(99_999, 100_000), "ratio", "99.999 %"),
        (Fraction(1234), "count", "1,234"),
    ],
)
def test_people_read_it_with_its_unit(value: Fraction, unit: Unit, shown: str) -> None:
    assert show(value, unit) == shown


def test_a_miss_never_looks_like_its_bound() -> None:
    assert show(Fraction("3000.25"), "ms", Fraction(3000)) == "3000.25 ms"
    assert show(Fraction("0.010001"), "ratio", Fraction(1, 100)) == "1.0001 %"
    assert show(Fraction(3000), "ms", Fraction(3000)) == "3000 ms"
    assert show(Fraction("14.9912"), "rps", Fraction(10), Fraction(15)) == "14.99 rps"
    assert show(Fraction("14.9912"), "rps", Fraction(10), None) == "15 rps"
