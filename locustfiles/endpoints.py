"""The ten endpoints of the hotel API: one table, overridable from a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the API: how to request it, which status is the expected one, and whether it is left out."""

    name: str
    method: str
    path: str
    expected: int = 200
    skip: bool = False


HOTEL: Mapping[str, Endpoint] = {
    endpoint.name: endpoint
    for endpoint in (
        Endpoint("health_live", "GET", "/health/live"),
        Endpoint("health_ready", "GET", "/health/ready"),
        Endpoint("whatsapp_webhook", "POST", "/api/v1/webhooks/whatsapp"),
        Endpoint("pms_availability", "GET", "/api/v1/pms/availability"),
        Endpoint("pms_room_types", "GET", "/api/v1/pms/room-types"),
        Endpoint("create_reservation", "POST", "/api/v1/reservations", 201),
        Endpoint("get_reservation", "GET", "/api/v1/reservations/{id}"),
        Endpoint("metrics", "GET", "/metrics"),
        Endpoint("admin_tenants", "GET", "/api/v1/admin/tenants"),
        Endpoint("admin_feature_flags", "GET", "/api/v1/admin/feature-flags"),
    )
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
KEYS = ("method", "path", "expected", "skip")


class EndpointsError(Exception):
    """An endpoints file with an error; the text names file, line and what is allowed."""


def read(file: Path) -> dict[str, Endpoint]:
    """Return the table with the overrides of ``file``, ``<endpoint>: {path, method, expected, skip}``."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise EndpointsError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise EndpointsError(f"{file}: is not UTF-8 text") from None
    except yaml.YAMLError as error:
        raise EndpointsError(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    table = dict(HOTEL)
    if root is None:
        return table
    for name_node, body in _pairs(file, root, "the file"):
        name = _known(file, name_node, "endpoint", tuple(HOTEL))
        for key_node, value in _pairs(file, body, name):
            key = _known(file, key_node, "key", KEYS)
            table[name] = _with(file, table[name], key, value)
    return table


def to_data(table: Mapping[str, Endpoint]) -> dict[str, list[str | int]]:
    """Return what differs from the table of this file, as plain data that travels to workers."""
    return {name: [one.method, one.path, one.expected, one.skip] for name, one in table.items() if one != HOTEL[name]}


def from_data(data: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Return the table that ``to_data`` described."""
    return {**HOTEL, **{name: Endpoint(name, *parts) for name, parts in data.items()}}


def _with(file: Path, endpoint: Endpoint, key: str, node: yaml.Node) -> Endpoint:
    value = node.value if isinstance(node, yaml.ScalarNode) else ""
    if key == "expected":
        if not value.isdecimal() or not 100 <= int(value) <= 599:
            raise _error(file, node, f"expected is an HTTP status from 100 to 599, e.g. 200, not '{value}'")
        return replace(endpoint, expected=int(value))
    if key == "skip":
        if value not in ("true", "false"):
            raise _error(file, node, f"skip is true or false, not '{value}'")
        return replace(endpoint, skip=value == "true")
    if key == "method":
        if value.upper() not in METHODS:
            raise _error(file, node, f"method is one of {', '.join(METHODS)}, not '{value}'")
        return replace(endpoint, method=value.upper())
    if not value.startswith("/") or any(character.isspace() for character in value):
        raise _error(file, node, f"path begins with / and has no spaces, e.g. {endpoint.path}, not '{value}'")
    if endpoint.name == "get_reservation" and "{id}" not in value:
        raise _error(file, node, "the path of get_reservation needs {id} where the reservation's id goes")
    return replace(endpoint, path=value)


def _pairs(file: Path, node: yaml.Node, what: str) -> list[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _error(file, node, f"{what} must hold `name: value` pairs, e.g. `path: /v2/health`")
    return list(node.value)


def _known(file: Path, node: yaml.Node, what: str, names: tuple[str, ...]) -> str:
    if isinstance(node, yaml.ScalarNode) and node.value in names:
        return str(node.value)
    wrong = str(node.value)
    near = get_close_matches(wrong, names, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else "."
    raise _error(file, node, f"'{wrong}' is no {what}{meant} Allowed: {', '.join(names)}")


def _error(file: Path, node: yaml.Node, words: str) -> EndpointsError:
    return EndpointsError(f"{file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: {words}")
