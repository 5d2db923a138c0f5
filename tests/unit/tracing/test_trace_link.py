"""Links to traces."""

from __future__ import annotations

import pytest

from slo.tracing import trace_link
from tests.support.slow import TEMPLATE, trace


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("https://t.example/", "no {trace_id}"),
        ("javascript:alert(1)//{trace_id}", "character that must be encoded"),
        ("javascript:alert//{trace_id}", "http:// or https://"),
        ("//t.example/{trace_id}", "http:// or https://"),
        ("https://{trace_id}.example/", "host"),
        ("https://t.example:x/{trace_id}", "host"),
        ("https:///{trace_id}", "host"),
        ("https://u:p@t.example/{trace_id}", "password or a token"),
        ("https://t.example/{trace_id}?api_key=1", "password or a token"),
        ('https://t.example/"onload=x/{trace_id}', "character that must be encoded"),
        ("https://t.example/<b>/{trace_id}", "character that must be encoded"),
        ("https://t.example/a b/{trace_id}", "character that must be encoded"),
        ("https://t.example/{x}/{trace_id}", "character that must be encoded"),
        ("https://t.example/)[x](/{trace_id}", "character that must be encoded"),
        ("https://t.example/{trace_id}" + "x" * 3000, "longer than"),
    ],
)
def test_a_url_that_is_none_is_refused_with_what_is_allowed(template: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"like https://tempo") as caught:
        trace_link.validated(template)
    assert words in str(caught.value)
    assert trace_link.link(template, trace(1)) is None


def test_a_url_leads_to_the_trace() -> None:
    assert trace_link.link(TEMPLATE, trace(255)) == TEMPLATE.replace("{trace_id}", trace(255))
    assert trace_link.link(TEMPLATE, "x") is trace_link.link(None, trace(1)) is None
