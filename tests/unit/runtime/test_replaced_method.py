"""A method is replaced in several classes, and restored."""

from __future__ import annotations

from collections.abc import Callable

from slo.runtime.replaced_method import replace_method


class First:
    def name(self) -> str:
        return "first"


class Second:
    def name(self) -> str:
        return "second"


def test_each_class_has_the_replacement_of_its_own_method_until_it_is_restored() -> None:
    def loud(method: Callable[[object], str]) -> Callable[[object], str]:
        return lambda one: method(one).upper()

    restore = replace_method((First, Second), "name", loud)
    assert [First().name(), Second().name()] == ["FIRST", "SECOND"]
    restore()
    assert [First().name(), Second().name()] == ["first", "second"]
