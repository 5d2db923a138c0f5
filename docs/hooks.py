"""Hooks of mkdocs: links that lead out of docs/ become text, and the JSON Schemas are published beside the pages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[1] / "slo" / "text" / "schemas"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page's text without links that lead out of docs/; a test looks where they lead."""
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", markdown)


def on_post_build(config: Any, **_: Any) -> None:
    """Copy the schemas to ``schemas/``, where editors find them."""
    folder = Path(config["site_dir"]) / "schemas"
    folder.mkdir(exist_ok=True)
    for schema in SCHEMAS.glob("*.json"):
        shutil.copy(schema, folder)
