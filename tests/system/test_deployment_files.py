"""The files that bring the suite to other machines are valid by their schemas."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.deployment import (
    COMPOSE,
    CONFIG_MAP,
    DOCKERFILE,
    LOCUST_TEST,
    PROJECT,
    SECRETS,
    SERVICES,
    instruction,
    interpolated,
)
from tests.support.processes import ROOT

SCHEMAS = ROOT / "tests" / "schemas"


def errors(schema: str, data: Any) -> list[str]:
    """Return what is wrong with ``data``."""
    validator = Draft202012Validator(json.loads((SCHEMAS / schema).read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def test_compose_is_valid() -> None:
    assert errors("compose-spec.json", COMPOSE) == []
    assert errors("compose-spec.json", {"services": {"one": {"imagine": "a"}}})


def test_the_locust_test_is_valid() -> None:
    assert errors("locusttest.json", LOCUST_TEST) == []
    secret = {"name": "ADMIN_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hotel", "key": "token"}}}
    spec = {**LOCUST_TEST["spec"], "env": [secret]}
    assert "'valueFrom' was unexpected" in errors("locusttest.json", {**LOCUST_TEST, "spec": spec})[0]


def test_the_locust_test_mounts_its_config_map() -> None:
    assert CONFIG_MAP["kind"] == "ConfigMap"
    assert LOCUST_TEST["spec"]["locustfile"]["configMap"]["name"] == CONFIG_MAP["metadata"]["name"]
    words = shlex.split(LOCUST_TEST["spec"]["args"])
    assert words[words.index("--expect-workers") + 1] == str(LOCUST_TEST["spec"]["workers"])


OURS = {"pms-mock", "hotel-api", "master", "worker", "test"}
OBSERVE = {"prometheus", "alertmanager", "grafana"}


def test_every_service_of_ours_is_of_the_one_image_and_the_others_have_a_version() -> None:
    assert set(SERVICES) == OURS | OBSERVE
    assert {(SERVICES[name]["build"], SERVICES[name]["image"]) for name in OURS} == {(".", "locust-slo")}
    for name in OBSERVE:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_profiles_add_to_what_plain_up_starts() -> None:
    profiles = {name: service.get("profiles") for name, service in SERVICES.items()}
    assert {name for name, of in profiles.items() if of == ["observe"]} == OBSERVE
    assert {name for name, of in profiles.items() if of == ["test"]} == {"test"}
    assert sum(of is None for of in profiles.values()) == 4


def test_every_service_is_bounded_and_nobodys_root() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert "healthcheck" in service or name in ("worker", "test"), name
        user = interpolated(str(service.get("user", instruction("USER"))), {})
        assert user not in ("", "0", "root"), name


def test_no_service_has_a_password_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|TOKEN|URL|NOTIFY", name)
            assert not secret or value == f"${{{name}:-}}", name
    assert SERVICES["grafana"]["environment"]["GF_AUTH_BASIC_ENABLED"] == "false"
    assert SERVICES["grafana"]["environment"]["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"


def test_what_compose_mounts_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], source


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    copied = [
        source
        for words in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in words.split()[:-1]
    ]
    assert {"slo", "locustfiles", "demo"} <= set(copied)
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignore[1] == "*"
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignore


def test_the_image_has_a_plain_user_and_locked_packages() -> None:
    assert instruction("USER") == "1000"
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    tools = [re.split(r"[>=\[]", need)[0] for need in PROJECT["project"]["optional-dependencies"]["dev"]]
    # The demo's packages stay, and so does pytest: Locust itself needs it.
    gone = [tool for tool in tools if tool not in ("locust-slo", "pytest")]
    assert re.findall(r"pip uninstall --yes (.+)$", DOCKERFILE, re.MULTILINE)[0].split() == gone


def test_secrets_come_from_the_environment_alone() -> None:
    assert not any(name in DOCKERFILE for name in SECRETS)
    for name in OURS:
        given = SERVICES[name].get("environment", {})
        wanted = {"hotel-api": SECRETS, "worker": SECRETS, "test": (*SECRETS, "LOCUST_SLO_NOTIFY")}.get(name, ())
        assert given == {secret: f"${{{secret}:-}}" for secret in wanted}


def test_pages_are_published_on_loopback_alone() -> None:
    ports = sorted(port for service in SERVICES.values() for port in service.get("ports", []))
    assert ports == [f"127.0.0.1:{port}:{port}" for port in (3000, 8000, 8089, 9090, 9093)]


def test_services_wait_for_healthy_ones_and_end_in_time() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert SERVICES[other]["healthcheck"]["test"][0] == "CMD"
        assert re.fullmatch(r"\d+s", service["stop_grace_period"])
    inside = instruction("WORKDIR")
    assert SERVICES["master"]["volumes"] == [f"./reports:{inside}/reports", f"./baselines:{inside}/baselines:ro"]
