"""The session class whose requests carry a trace context."""

from __future__ import annotations

from slo.lean.session import LeanHttpSession
from slo.lean.traced import session_of
from slo.tracing.traced import ContextTracer


def test_there_is_one_class_for_all_users_of_a_tracer() -> None:
    tracer = ContextTracer()
    cls = session_of(tracer)
    assert session_of(tracer) is cls
    assert issubclass(cls, LeanHttpSession)
    assert cls.request is not LeanHttpSession.request
    assert cls.get is LeanHttpSession.get
