"""The options of ``python -m demo``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.faults import FaultError, Faults

_FAULTS = (
    ("latency-ms", float, "latency added to every request: the median, in milliseconds"),
    ("latency-spread", float, "spread of that latency: standard deviation of its logarithm; 0 is constant"),
    ("error-ratio", float, "share of requests answered 500, evenly spread, from 0 to 1 (not /health/live)"),
    ("capacity", int, "requests served at once; more of them queue; 0: no limit"),
    ("rate-limit", float, "requests per second allowed; more get 429 with Retry-After; 0: no limit"),
    ("rate-burst", int, "requests allowed at once beyond that; 0: one second's worth"),
    ("leak-bytes", int, "memory kept for good with every request"),
)


def parse(words: list[str] | None = None) -> tuple[argparse.Namespace, Faults]:
    """Return the options and the requested faults; exits with 2 and a sentence for invalid options."""
    parser = _parser()
    options = parser.parse_args(words)
    wanted: dict[str, Any] = {
        name: getattr(options, name)
        for name in (option.replace("-", "_") for option, _, _ in _FAULTS)
        if getattr(options, name) is not None
    }
    faults = Faults()
    try:
        faults.change({**wanted, "pms_outage": options.pms_outage})
        for endpoint, settings in options.endpoint_faults:
            faults.change({"endpoints": {endpoint: settings}})
    except FaultError as error:
        parser.error(f"--{str(error).replace('_', '-', 1)}")
    if not 0 <= options.port <= 65535:
        parser.error(f"--port must be 0 to 65535, not {options.port}")
    return options, faults


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="The embedded hotel API with its PMS. Prints its URL as one line of JSON when it is ready.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on; default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0: a free one; default: 8000")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keeps the database; default: a temporary one")
    parser.add_argument("--pms-url", metavar="URL", help="use this PMS instead of starting one")
    parser.add_argument("--pms-latency-ms", type=float, default=5.0, help="the PMS' own latency; default: 5")
    parser.add_argument("--pms-timeout-ms", type=float, default=2000.0, help="of calls to it; default: 2000")
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when stdin ends")
    faults = parser.add_argument_group("faults", "Also changeable while it runs: PUT /control/faults, from loopback.")
    for option, kind, words in _FAULTS:
        faults.add_argument(f"--{option}", type=kind, help=words)
    faults.add_argument("--pms-outage", action="store_true", help="the PMS fails")
    faults.set_defaults(endpoint_faults=[])
    faults.add_argument(
        "--endpoint-latency",
        action="append",
        dest="endpoint_faults",
        type=_latency_of,
        metavar="NAME=MEDIAN[:SPREAD]",
        help="latency of one endpoint, like whatsapp_webhook=200:0.5; repeatable",
    )
    faults.add_argument(
        "--endpoint-error-ratio",
        action="append",
        dest="endpoint_faults",
        type=_named("error_ratio"),
        metavar="NAME=RATIO",
        help="share of errors of one endpoint; repeatable",
    )
    return parser


def _latency_of(text: str) -> tuple[str, dict[str, float]]:
    name, _, rest = text.partition("=")
    median, _, spread = rest.partition(":")
    return name, {"latency_ms": _number(text, median), "latency_spread": _number(text, spread or "0")}


def _named(setting: str) -> Callable[[str], tuple[str, dict[str, float]]]:
    def parse_one(text: str) -> tuple[str, dict[str, float]]:
        name, _, value = text.partition("=")
        return name, {setting: _number(text, value)}

    return parse_one


def _number(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=NUMBER, like whatsapp_webhook=200") from None
