"""The ``client`` of a LeanHttpUser whose requests carry a trace context; not imported without tracing."""

from __future__ import annotations

from functools import cache

from slo.lean.session import LeanHttpSession
from slo.tracing.traced import Tracer, traced_request


@cache
def session_of(tracer: Tracer) -> type[LeanHttpSession]:
    """Return the session class whose requests ``tracer`` traces: one for all users."""
    words = {"__doc__": LeanHttpSession.__doc__, "request": traced_request(LeanHttpSession.request, tracer)}
    return type("TracedHttpSession", (LeanHttpSession,), words)
