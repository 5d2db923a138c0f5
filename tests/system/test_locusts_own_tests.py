"""Locust's own tests of its HTTP clients, with the lean client in their place.

They are in a checkout of Locust only: ``LOCUST_SOURCES=../locust`` says where; they need pyquery and cryptography.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.support.processes import ROOT

SOURCES = os.environ.get("LOCUST_SOURCES", "")
POOL = "reaches into geventhttpclient's pool: users of ours share no connections"
TEXT = "the text of requests' HTTPError"
DIFFERENT = {
    "fasthttp": {
        "test_custom_ssl_context_passed_correct_to_client_pool": POOL,
        "test_shared_client_pool": POOL,
        "test_network_timeout_setting": "reads RetriesExceeded.original, geventhttpclient's own exception",
        "test_interrupt_taskset_with_catch_response": "Locust loses the request; ours counts it, for it was answered",
    },
    "http": {
        "test_catch_response_with_name_replacement": TEXT,
        "test_error_message_with_name_replacement": TEXT,
        "test_connection_error": "wants the exception of requests; ours is the operating system's, as FastHttpUser's",
        "test_verify_false_succeeds_with_bad_cert": "verify= of a request is refused: client.verify is there",
        "test_verify_true_fails_with_bad_cert": "verify= of a request is refused: client.verify is there",
        "test_wrong_url": "the base URL is refused when the client is made, not when it is used",
    },
}
"""Locust's tests that fail with ours, and why."""

needs = pytest.mark.skipif(
    not SOURCES or not find_spec("pyquery") or not find_spec("cryptography"),
    reason="set LOCUST_SOURCES to a checkout of Locust, and install pyquery and cryptography",
)


@needs
@pytest.mark.parametrize("client", DIFFERENT)
def test_locusts_own_tests_pass_but_for_what_is_listed(client: str) -> None:
    words = ["-p", "tests.support.lean_in_place", "-q", "--import-mode=importlib", "-p", "no:cacheprovider"]
    words += ["-o", "addopts=", "-c", os.devnull, f"--rootdir={SOURCES}", f"{SOURCES}/locust/test/test_{client}.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        env={**os.environ, "LEAN_IN_PLACE": client, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    failed = set(re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE))
    assert re.search(r"\d\d passed", done.stdout), done.stdout + done.stderr
    assert failed == set(DIFFERENT[client]), done.stdout
