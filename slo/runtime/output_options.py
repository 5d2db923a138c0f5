"""The options that say where a run is shown beside its files: Prometheus, and a webhook."""

from __future__ import annotations

from argparse import ArgumentTypeError

from slo.runtime.option_group import OptionGroup


def add(group: OptionGroup) -> None:
    """Add the options of the metrics and of the notification."""
    _add_metrics(group)
    _add_notification(group)


def _add_metrics(group: OptionGroup) -> None:
    """Add the options of the metrics that Prometheus gets of a run."""
    group.add(
        "--prometheus-port",
        type=_port,
        metavar="<port>",
        default=0,
        help="Serve the run's metrics at http://<--prometheus-host>:<port>/metrics for Prometheus, from the master in "
        "distributed runs. With the web UI they are at /metrics there, too. Default: off",
    )
    group.add(
        "--prometheus-host",
        metavar="<address>",
        default="127.0.0.1",
        help="Address that --prometheus-port listens on; 0.0.0.0 is all of them. Default: 127.0.0.1",
    )
    group.add(
        "--prometheus-push",
        metavar="<url>",
        default="",
        help="Push the run's metrics to this Pushgateway, every 10 s and with the verdict: for runs too short to be "
        "scraped. Default: off",
    )


def _add_notification(group: OptionGroup) -> None:
    """Add the options of the notification about the verdict."""
    group.add(
        "--notify",
        metavar="<url>",
        default="",
        help="Send the verdict to this webhook once the run is recorded and judged. The URL is a secret: better give "
        "it in the environment. Default: no notification",
    )
    group.add(
        "--notify-on",
        choices=("fail", "always"),
        default="fail",
        help="For which verdicts: fail means all that should stop a deployment. Default: fail",
    )
    group.add(
        "--notify-format",
        choices=("auto", "slack", "json"),
        default="auto",
        help="A message for Slack, or a JSON document (`locust-slo schema notification`). Default: auto, which is "
        "slack for hooks.slack.com",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"--prometheus-port is a port from 1 to 65535, not '{text}'")
    return int(text)
