"""SVG from matplotlib, prepared for a page with several charts.

A page has one set of ids and two sets of colours: ids get the chart's name as prefix, and the placeholder colours of
``ROLES`` become CSS variables that the page defines for light, dark and print.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from html import escape
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

ROLES = (
    "ink",
    "quiet",
    "grid",
    "page",
    "band",
    "users",
    "low",
    "mid",
    "high",
    "good",
    "bad",
    "held",
    "bound",
    "past",
)
"""What colours are for; the page defines ``--draw-<role>``."""
_PLACEHOLDERS = {role: f"#0a00{number:02x}" for number, role in enumerate(ROLES)}
_COLOURS = {colour: f"var(--draw-{role})" for role, colour in _PLACEHOLDERS.items()}
_ANY_COLOUR = re.compile("|".join(_COLOURS))
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_FONT = re.compile(r"font: (?:normal )?(?:(\d+) )?([\d.]+)px [^;\"]*")


def colour(role: str) -> str:
    """Return the colour to draw with for ``role``."""
    return _PLACEHOLDERS[role]


def settings(name: str) -> Mapping[str, Any]:
    """Return matplotlib's settings, independent of the user's own: the same run gives the same bytes."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 11,
        "axes.edgecolor": colour("grid"),
        "axes.labelcolor": colour("quiet"),
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "text.color": colour("ink"),
        "xtick.color": colour("grid"),
        "ytick.color": colour("grid"),
        "xtick.labelcolor": colour("quiet"),
        "ytick.labelcolor": colour("quiet"),
        "grid.color": colour("grid"),
        "grid.linewidth": 0.6,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "legend.fontsize": 11,
        "hatch.color": colour("held"),
    }


def drawing(name: str) -> Any:
    """Return the context in which a figure is made and written: matplotlib's defaults and our settings."""
    return style.context(["default", dict(settings(name))])


def write(figure: Figure, name: str, title: str, description: str) -> str:
    """Return the figure as an ``<svg>`` element with a text alternative, with the page's colours and fonts."""
    out = io.StringIO()
    with warnings.catch_warnings():
        # Matplotlib's font is only used to measure the widths of names: the browser has a font for every script.
        warnings.simplefilter("ignore")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    used = set(_USED.findall(text))
    text = _TAG.sub(lambda tag: _rewrite_tag(tag[0], name, used), text)
    text = re.sub(r">\s+<", "><", text)
    head = (
        f'<svg class="drawing" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'viewBox="0 0 {figure.get_figwidth() * 72:g} {figure.get_figheight() * 72:g}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    )
    return head + text[text.index(">") + 1 :].strip()


def _rewrite_tag(tag: str, name: str, used: set[str]) -> str:
    """Return a tag with its colours as variables, used ids with the chart's prefix, and unused ids removed."""
    if "base64," in tag:
        # The id of an image is no use, its data no text.
        return re.sub(r' id="[^"]*"', "", tag)
    tag = _ANY_COLOUR.sub(lambda found: _COLOURS[found[0]], tag)
    tag = _ID.sub(lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", tag)
    tag = _USED.sub(lambda found: found[0][: -len(found[1])] + f"{name}-{found[1]}", tag)
    tag = _FONT.sub(lambda found: f"font-size: {found[2]}px; font-weight: {found[1] or 400}", tag)
    return tag.replace("xlink:href", "href") if tag.startswith("<use") else tag
