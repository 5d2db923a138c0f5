"""The demo API as a process: every endpoint, every fault, and how it stops."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from locustfiles.endpoints import HOTEL
from locustfiles.payloads import reservation, stay, whatsapp_message
from tests.support.cluster import alive, free_port
from tests.support.processes import ROOT, Demo, demos_of, environment

RANDOM = Random(1)
ROOMS = "/api/v1/pms/availability"


def nights() -> str:
    first, last = stay(RANDOM)
    return f"{ROOMS}?check_in={first}&check_out={last}"


def test_every_endpoint_answers_as_the_suite_expects(demo: Demo) -> None:
    for endpoint in HOTEL.values():
        path, body = endpoint.path, None
        if endpoint.name == "pms_availability":
            path = nights()
        elif endpoint.name == "whatsapp_webhook":
            body = whatsapp_message(RANDOM)
        elif endpoint.name == "create_reservation":
            body = reservation(RANDOM)
        elif endpoint.name == "get_reservation":
            _, made, _ = demo.ask("POST", HOTEL["create_reservation"].path, reservation(RANDOM))
            path = path.format(id=made["id"])
        status, answer, headers = demo.ask(endpoint.method, path, body)
        assert status == endpoint.expected, (endpoint, answer)
        assert answer
    assert headers["Content-Type"].startswith("application/json")


def test_metrics_are_prometheus_text(demo: Demo) -> None:
    demo.ask("GET", "/api/v1/pms/room-types")
    status, text, headers = demo.ask("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    for name in (
        'http_requests_total{endpoint="pms_room_types",method="GET",status="200"}',
        "http_request_duration_seconds_bucket",
        "pms_breaker_state 0.0",
        'pms_cache_total{outcome="miss"}',
        "process_resident_memory_bytes",
    ):
        assert name in text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("GET", ROOMS, None, 422, "check_in"),
        ("GET", f"{ROOMS}?check_in=2030-01-02&check_out=2030-01-01", None, 422, "check_out"),
        ("POST", "/api/v1/reservations", {"guests": 2}, 422, "check_in"),
        ("POST", "/api/v1/reservations", b"{", 422, "body"),
        ("POST", "/api/v1/webhooks/whatsapp", {"object": "page"}, 422, "object"),
        ("POST", "/api/v1/webhooks/whatsapp", b"x" * (1024 * 1024 + 1), 413, None),
        ("GET", "/api/v1/reservations/nobody", None, 404, None),
        ("GET", "/nowhere", None, 404, None),
        ("DELETE", "/metrics", None, 405, None),
        ("PUT", "/control/faults", {"latency_ms": "much"}, 400, "latency_ms"),
    ],
)
def test_what_cannot_be_served_is_json_that_says_why(
    demo: Demo, method: str, path: str, body: object, status: int, field: str | None
) -> None:
    got, answer, _ = demo.ask(method, path, body)
    assert got == status
    assert answer["error"]
    assert answer.get("field") == field


def test_secrets_are_asked_for_when_they_are_set() -> None:
    demo = Demo(WHATSAPP_APP_SECRET="hush", ADMIN_TOKEN="key")
    try:
        raw = whatsapp_message(RANDOM)
        signature = "sha256=" + hmac.new(b"hush", raw, hashlib.sha256).hexdigest()
        path = "/api/v1/webhooks/whatsapp"
        assert demo.ask("POST", path, raw)[0] == 401
        assert demo.ask("POST", path, raw, **{"X-Hub-Signature-256": "sha256=0"})[0] == 401
        assert demo.ask("POST", path, raw, **{"X-Hub-Signature-256": signature})[0] == 200
        assert demo.ask("GET", "/api/v1/admin/tenants")[0] == 401
        assert demo.ask("GET", "/api/v1/admin/feature-flags", Authorization="Bearer key")[0] == 200
    finally:
        assert demo.stop() == 0


def test_the_rate_limit_answers_429_with_retry_after(demo: Demo) -> None:
    demo.faults(rate_limit=0.5, rate_burst=2)
    answers = [demo.ask("GET", "/api/v1/admin/tenants") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 429, 429]
    assert 1 <= int(answers[-1][2]["Retry-After"]) <= 2
    assert demo.ask("GET", "/health/ready")[0] == 200


def test_an_outage_of_the_pms_opens_the_breaker_and_passes(demo: Demo) -> None:
    demo.faults(pms_outage=True)
    assert demo.ask("GET", "/health/ready")[0] == 503
    assert demo.ask("GET", "/health/live")[0] == 200
    # A stay that no run asks for: none of its answers is in the cache.
    answers = [demo.ask("GET", f"{ROOMS}?check_in=2040-01-01&check_out=2040-01-02") for _ in range(40)]
    assert answers[-1][0] == 503
    assert "breaker open" in answers[-1][1]["error"]
    assert "pms_breaker_state 2.0" in demo.ask("GET", "/metrics")[1]
    assert demo.ask("POST", "/api/v1/reservations", reservation(RANDOM))[0] == 503
    assert demo.faults(pms_outage=False)["pms_outage"] is False
    for _ in range(100):
        if demo.ask("POST", "/api/v1/reservations", reservation(RANDOM))[0] == 201:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the breaker never closed")
    assert demo.faults()["breaker"] == "closed"


def test_latency_and_errors_of_one_endpoint(demo: Demo) -> None:
    demo.faults(endpoints={"admin_tenants": {"latency_ms": 300, "error_ratio": 0.5}})
    started = time.monotonic()
    assert [demo.ask("GET", "/api/v1/admin/tenants")[0] for _ in range(4)] == [200, 500, 200, 500]
    assert time.monotonic() - started >= 1.2
    assert demo.ask("GET", "/api/v1/admin/feature-flags")[0] == 200


def test_beyond_its_capacity_requests_queue(demo: Demo) -> None:
    demo.faults(capacity=1, endpoints={"admin_tenants": {"latency_ms": 200}})
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: demo.ask("GET", "/api/v1/admin/tenants")[0], range(4)))
    assert statuses == [200] * 4
    assert time.monotonic() - started >= 0.8


def test_a_leak_keeps_what_it_takes(demo: Demo) -> None:
    before = demo.faults(leak_bytes=1_000_000)["leaked_bytes"]
    for _ in range(5):
        demo.ask("GET", "/api/v1/admin/tenants")
    assert demo.faults()["leaked_bytes"] - before == 5_000_000


def test_it_stops_cleanly_with_its_pms() -> None:
    demo = Demo()
    children = demos_of(demo.process.pid)
    assert len(children) == 1
    assert demo.stop() == 0
    assert gone(children)


def test_killed_it_leaves_no_pms_behind() -> None:
    demo = Demo()
    children = demos_of(demo.process.pid)
    demo.process.kill()
    demo.process.wait()
    assert gone(children)


def test_its_data_outlives_it(tmp_path: Path) -> None:
    first = Demo("--data", str(tmp_path))
    _, made, _ = first.ask("POST", "/api/v1/reservations", reservation(RANDOM))
    first.stop()
    second = Demo("--data", str(tmp_path))
    try:
        assert second.ask("GET", f"/api/v1/reservations/{made['id']}")[0] == 200
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--error-ratio", "2"), "--error-ratio must be a number from 0 to 1, not 2.0"),
        (("--endpoint-latency", "nowhere=5"), "nowhere is no endpoint"),
        (("--endpoint-latency", "metrics=slow"), "'metrics=slow' is not NAME=NUMBER"),
        (("--port", "99999"), "--port must be 0 to 65535, not 99999"),
        (("--data", "/proc/nothing"), "--data"),
    ],
)
def test_a_bad_option_is_one_sentence(words: tuple[str, ...], said: str) -> None:
    done = refused("--port", "0", *words) if "--port" not in words else refused(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_sentence(demo: Demo) -> None:
    port = demo.url.rpartition(":")[2]
    done = refused("--port", port)
    assert done.returncode == 2
    assert f"--port {port}: cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_pms_serves_on_the_address_asked_for() -> None:
    words = [sys.executable, "-m", "demo.pms", "--port", "0", "--exit-with-stdin"]
    with subprocess.Popen(
        [*words, "--host", "127.0.0.2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.2:")
        with urllib.request.urlopen(f"{url}/health", timeout=60) as response:
            assert response.status == 200
        process.terminate()
        assert process.wait(timeout=60) == 0
    # A documentation address (RFC 5737): no interface of ours has it.
    done = refused("--host", "192.0.2.1", module="demo.pms")
    assert done.returncode == 2
    assert "--host 192.0.2.1 --port 0: cannot listen" in done.stderr
    assert "Traceback" not in done.stderr


def refused(*words: str, module: str = "demo") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment(), cwd=ROOT)


def gone(processes: list[int]) -> bool:
    for _ in range(50):
        if not any(alive(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


def test_a_free_port_is_free() -> None:
    demo = Demo("--port", str(free_port()))
    assert demo.stop() == 0
