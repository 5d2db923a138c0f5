"""A lean HTTP user for Locust: the most load per core that Python offers, spelt like FastHttpUser.

``from slo.lean import LeanHttpUser``. Nothing of the engine imports this package, and any locustfile can use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slo.lean.user import LeanHttpUser

__all__ = ["LeanHttpUser"]


def __getattr__(name: str) -> Any:
    # The user imports Locust, which patches the standard library: only a locustfile should cause that.
    if name == "LeanHttpUser":
        from slo.lean.user import LeanHttpUser

        return LeanHttpUser
    raise AttributeError(f"module 'slo.lean' has no attribute {name!r}")
