"""YAML with the place of every value."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo.objectives import document
from slo.objectives.document import MAX_BYTES, DocumentError, Problem, show_path

TEXT = "version: 1\nitems:\n  - {name: a, target: 10 %}\n  - yes\n"


def test_values_and_keys_have_places_counted_from_one() -> None:
    doc = document.parse(TEXT, "x.yaml")
    assert doc.data == {"version": 1, "items": [{"name": "a", "target": "10 %"}, True]}
    assert doc.keys["items", 0, "target"] == (3, 15)
    assert doc.values["items", 0, "target"] == (3, 23)
    assert doc.texts["items", 1] == "yes"


def test_a_problem_names_file_line_column_and_key() -> None:
    doc = document.parse(TEXT, "x.yaml")
    assert str(doc.problem(("items", 0, "target"), "is odd")) == "x.yaml:3:23: items[0].target: is odd"
    assert str(doc.problem(("items", 0, "target"), "is odd", at_key=True)).startswith("x.yaml:3:15")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("a: 1\na: 2\n", "`a` is written twice; first on line 1"),
        ("a: 2026-01-01\n", "is read as a date; quote it"),
        ("a: !!python/none x\n", "is not supported; write plain text"),
        ("a: &x [*x]\n", "an alias refers to what it is part of"),
        ("a: {<<: {b: 1}}\n", "`<<` (merging) is not supported"),
        ("a:\tb: 1\n", "is not YAML"),
        ("a: 1\n---\nb: 1\n", "a second document begins"),
        ("a: \x00", "the character U+0000 is not allowed in YAML"),
        ("[" * 5000, "is nested more than 50 levels deep"),
    ],
)
def test_what_yaml_or_we_forbid_is_a_problem(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        document.parse(text, "x.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("x.yaml:")


def test_problems_are_sorted_and_listed_once() -> None:
    second, first = Problem("f", 2, 1, "", "b"), Problem("f", 1, 1, "", "a")
    assert str(DocumentError([second, first, second])) == "f:1:1: a\nf:2:1: b"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    latin, huge = tmp_path / "latin.yaml", tmp_path / "huge.yaml"
    latin.write_bytes(b"a: 1\nb: \xe9\n")
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    for path, message in ((latin, ":2:1: is not UTF-8"), (huge, "is larger than 256 kB"), (tmp_path, "is a folder")):
        with pytest.raises(DocumentError) as caught:
            document.read(path)
        assert message in str(caught.value)


def test_a_path_is_shown_as_people_write_it() -> None:
    assert show_path(("objectives", 2, "target")) == "objectives[2].target"
    assert show_path(()) == ""
