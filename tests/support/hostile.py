"""Names that try to break a report."""

from __future__ import annotations

import re

NAMES = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "a|b | c",
    "line\nbreak\r\n# heading",
    "long " * 2000,
    "\u202egnp.exe\u202c \u200f\u2067x",
    "a ]]> b <![CDATA[",
    "bell \x07 null \x00 escape \x1b[31m next \x85",
    "--> <b>out</b> <!--",
    "::error file=a::hacked",
    "##[error]hacked",
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "[link](javascript:alert(1)) ![](http://evil)",
    "`code` *bold* @everyone #1",
    "${{ secrets.TOKEN }} {{7*7}}",
    "../../etc/passwd",
)


UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
