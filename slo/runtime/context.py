"""What locust-slo keeps on a Locust environment: ``environment.slo``, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from locust import LoadTestShape
from locust.env import Environment

from slo.cluster.delta_sender import DeltaSender
from slo.load.pacer import ArrivalPacer
from slo.measure.caught_responses import CaughtResponses
from slo.measure.open_requests import OpenRequests
from slo.metrics.endpoint import Pair
from slo.runtime.listener_errors import ListenerErrors

Recording = tuple[DeltaSender, Callable[[], None]]
"""What a worker records, and what ends the recording."""


class ProcessWiring(Protocol):
    """The wiring of one process to Locust: that of a worker, or that of the process that judges."""

    @property
    def requested_shape(self) -> LoadTestShape | None:
        """The load that --rate or --find-limit requests; None without them."""

    def refuse(self, reason: str) -> None:
        """Let no load start, for ``reason``."""

    def prepare_to_leave(self) -> None:
        """Do what must be done before any listener to ``quitting`` is called."""

    def leave(self) -> None:
        """Set the exit code as the process ends."""

    def abandon(self, reason: str) -> None:
        """Keep what there is, as the process ends without having been shut down, for ``reason``."""


@dataclass
class Context:
    """The state of one environment.

    ``wiring`` is None until Locust's ``init`` event. ``leaving`` is true once Locust calls the listeners to
    ``quitting``, and ``left`` once the last of them, ours, was called. ``pacer`` assigns arrivals to the users of an
    open model.
    ``early`` is the recording of a worker that was given users before its ``init`` event. ``listener_errors`` counts
    the event listeners that fail. ``on_unanswered`` is called by LeanHttpUser with method and name, and the age in
    milliseconds of a request that was open when its user was stopped. ``open_requests`` are those that wait for their
    answers, and ``caught`` the responses that with-blocks are to report, in the run under way.
    ``given_hosts`` are those known before anybody used the web form, and ``withheld`` the secrets not sent to others.
    """

    wiring: ProcessWiring | None = None
    pacer: ArrivalPacer | None = None
    early: Recording | None = None
    on_unanswered: Callable[[Pair, float], None] | None = None
    leaving: bool = False
    left: bool = False
    given_hosts: frozenset[str] | None = None
    withheld: set[tuple[str, str]] = field(default_factory=set)
    listener_errors: ListenerErrors = field(default_factory=ListenerErrors)
    open_requests: OpenRequests = field(default_factory=OpenRequests)
    caught: CaughtResponses = field(default_factory=CaughtResponses)

    def prepare_to_leave(self) -> None:
        """Let the wiring do what must be done before any listener to ``quitting`` is called."""
        self.leaving = True
        if self.wiring is not None:
            self.wiring.prepare_to_leave()


def context_of(environment: Environment) -> Context:
    """Return the context of an environment; it is made at the first call."""
    found = getattr(environment, "slo", None)
    if not isinstance(found, Context):
        found = Context()
        environment.slo = found  # type: ignore[attr-defined]
    return found
