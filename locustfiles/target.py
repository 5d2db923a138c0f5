"""The target: the embedded demo API that --demo starts, and the probe before any load."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from geventhttpclient import URL, HTTPClient

from locustfiles.endpoints import Endpoint

PROBE_TIMEOUT_S = 10.0
START_TIMEOUT_S = 30.0


class TargetError(Exception):
    """The target cannot receive load; the message says what to check."""


def start_demo() -> str:
    """Start ``python -m demo`` and return its URL; it stops when this process ends, however it ends.

    Raises TargetError when it does not come up.
    """
    process = subprocess.Popen(  # our own module, fixed arguments
        [sys.executable, "-m", "demo", "--port", "0", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    atexit.register(_stop, process)
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError):
        raise TargetError(
            f"the embedded demo API did not start (exit code {process.poll()}); see why with `python -m demo`"
        ) from None


def probe(host: str, table: Mapping[str, Endpoint]) -> None:
    """Request the health of ``host`` once; raises TargetError unless the response is as its endpoint expects.

    A host of which both health endpoints are left out is not probed.
    """
    if not host:
        raise TargetError("no host to test: give -H URL, or --demo for the embedded API")
    endpoint = next((table[name] for name in ("health_live", "health_ready") if not table[name].skip), None)
    if endpoint is None:
        return
    url = host.rstrip("/") + endpoint.path
    try:
        parsed = URL(url)
        client = HTTPClient.from_url(parsed, connection_timeout=PROBE_TIMEOUT_S, network_timeout=PROBE_TIMEOUT_S)
        status = client.request(endpoint.method, parsed.request_uri).status_code
        client.close()
    except Exception as error:  # noqa: BLE001  # name look-up, TLS, socket and parser each have their own
        words = str(error) or type(error).__name__
        raise TargetError(
            f"no answer from {url} ({words}): is the API running, is the host right, does a firewall or a "
            "certificate stand between?"
        ) from None
    if status != endpoint.expected:
        raise TargetError(
            f"{url} answered {status} instead of {endpoint.expected}: the API is not well, or its health "
            "check is served elsewhere (name the path with --endpoints FILE)"
        )


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
