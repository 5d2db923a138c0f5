"""A misspelt name gets a suggestion and the known names."""

from __future__ import annotations

from slo.text.suggest import closest, hint


def test_the_closest_name_is_suggested() -> None:
    assert hint("hom", ["rooms", "home"]) == "; did you mean 'home'? There is: home, rooms"
    assert closest("hom", ["rooms", "home"]) == "home"


def test_without_a_close_name_only_the_known_ones_are_listed() -> None:
    assert hint("xyz", ["rooms", "home"]) == "; There is: home, rooms"
    assert closest("xyz", ["rooms", "home"]) is None


def test_a_long_list_is_cut_and_counted() -> None:
    assert hint("z", ["a", "b", "c", "d"], limit=2) == "; There is: a, b and 2 more"


def test_nothing_known_gives_no_hint() -> None:
    assert hint("home", []) == ""
