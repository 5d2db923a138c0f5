"""The verdict for a terminal."""

from __future__ import annotations

from slo.reports import console, markdown
from slo.verdict.judge import judge
from tests.support.judged import mixed
from tests.support.made import demanding, made


def test_reports_tell_the_verdict_and_colour_only_when_asked() -> None:
    run = made(mixed)
    verdict = judge(run, demanding("name: 'a | b', indicator: errors.ratio, target: 1 %"))
    plain = console.render(run, verdict, colour=False)
    assert "\x1b[" not in plain
    assert "\x1b[" in console.render(run, verdict, colour=True)
    text = markdown.render(run, verdict)
    for words in (plain, text):
        assert "FAIL" in words
        assert "10.00 %" in words
        assert "http://api.test" in words
    assert "a \\| b" in text
