"""What a notification says of a verdict."""

from __future__ import annotations

import re

import pytest

from slo.reports import notice
from tests.support.notification import judged, valid


def test_the_document_says_what_was_missed_the_worst_first() -> None:
    run, verdict = judged(
        'name: met, indicator: errors.ratio, target: "1 %"',
        'name: quick, indicator: latency.p95, target: "50 ms"',
        'name: vital, indicator: latency.p50, target: "50 ms", priority: P0',
    )
    document = valid(notice.document(run, verdict, "https://ci.test/1"))
    assert (document["status"], document["exit_code"], document["link"]) == ("CRITICAL", 2, "https://ci.test/1")
    assert [(one["name"], one["status"]) for one in document["objectives"]] == [
        ("vital", "CRITICAL"),
        ("quick", "FAIL"),
    ]
    assert document["objectives"][0]["value"] == "100 ms"


def test_slack_finds_no_link_and_no_mention_in_names() -> None:
    run, verdict = judged('name: "<!channel> <https://evil.test|here>", indicator: latency.p95, target: "50 ms"')
    text = notice.message(run, verdict)["text"]
    assert not re.search("[<>]", text)
    assert "&lt;!channel&gt;" in text
    assert text.startswith("*FAIL* load against http://api.test\n")


@pytest.mark.parametrize(
    ("environ", "link"),
    [
        ({"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "us/ours"}, "https://github.com/us/ours/actions/runs/7"),
        ({"CI_JOB_URL": "https://gitlab.test/j/1"}, "https://gitlab.test/j/1"),
        ({"BUILD_URL": "http://jenkins.test/1/"}, "http://jenkins.test/1/"),
        ({"BUILD_URL": "javascript:alert(1)"}, ""),
        ({"BUILD_URL": "https://x.test/|<!channel>"}, ""),
        ({}, ""),
    ],
)
def test_the_link_leads_to_the_job(environ: dict[str, str], link: str) -> None:
    assert notice.link_of(environ) == link
