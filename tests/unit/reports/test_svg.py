"""SVG for a page with several charts."""

from __future__ import annotations

import re

from matplotlib.figure import Figure

from slo.reports import svg


def drawn(name: str) -> str:
    with svg.drawing(name):
        figure = Figure(figsize=(2, 1))
        axes = figure.subplots()
        axes.plot([1, 2], [3, 4], color=svg.colour("mid"))
        axes.set_xlabel("time <s>")
        return svg.write(figure, name, "A & B", "what it shows")


def test_colours_are_variables_of_the_page() -> None:
    text = drawn("one")
    assert "var(--draw-mid)" in text
    assert "#0a00" not in text


def test_ids_have_the_charts_name() -> None:
    ids = re.findall(r' id="([^"]*)"', drawn("one"))
    assert ids
    assert all(one.startswith("one-") for one in ids)
    assert len(ids) == len(set(ids))


def test_it_has_a_text_alternative_and_escapes_texts() -> None:
    text = drawn("one")
    assert '<title id="one-title">A &amp; B</title>' in text
    assert "time &lt;s&gt;" in text


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert drawn("one") == drawn("one")
