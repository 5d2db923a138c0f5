"""Commands of GitHub Actions, read back."""

from __future__ import annotations

import re


def parsed(command: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::([^\r\n]*)", command)
    assert found, command

    def plain(text: str) -> str:
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, sign)
        return text

    properties = dict(one.split("=", 1) for one in found[2].split(","))
    return found[1], {name: plain(value) for name, value in properties.items()}, plain(found[3])
