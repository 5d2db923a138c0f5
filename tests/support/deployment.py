"""The files that bring the suite to other machines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support.processes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONFIG_MAP, LOCUST_TEST = yaml.safe_load_all((ROOT / "deploy/kubernetes/hotel.yaml").read_text(encoding="utf-8"))
SECRETS = ("WHATSAPP_APP_SECRET", "ADMIN_TOKEN")


def instruction(name: str) -> str:
    """Return what follows the last ``name`` of the Dockerfile."""
    return str(re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)[-1])


def interpolated(text: str, env: Mapping[str, str]) -> str:
    """Return ``text`` with its ``${NAME:-default}`` replaced, as Compose does."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: env.get(found[1]) or found[2], text)
