"""Examples in README.md and docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.support.processes import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield (page, text) of every fenced block in ``language``."""
    for page in PAGES:
        for block in re.findall(
            rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ):
            yield page.name, block


def commands() -> list[str]:
    """Return every command of the shell examples, once, without its comment."""
    lines = (line.split("  #")[0].strip() for _, block in blocks("sh") for line in block.splitlines())
    return list(dict.fromkeys(line for line in lines if line))
