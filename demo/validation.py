"""What a request must look like: WhatsApp's envelope, dates, reservations."""

from __future__ import annotations

from datetime import date
from typing import Any

MAX_NIGHTS = 60
MAX_GUESTS = 10


class InvalidError(ValueError):
    """A request that cannot be served; ``field`` names what is wrong in it."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def messages(envelope: Any) -> list[dict[str, str]]:
    """Return ``id``, ``from`` and ``body`` of every text message in an envelope of the Meta Cloud API.

    Raises InvalidError.
    """
    if _part(envelope, "object", str) != "whatsapp_business_account":
        raise InvalidError("object", "must be whatsapp_business_account")
    found = []
    for entry in _part(envelope, "entry", list):
        for change in _part(entry, "changes", list, "entry[]."):
            value = _part(change, "value", dict, "entry[].changes[].")
            if _part(value, "messaging_product", str, "value.") != "whatsapp":
                raise InvalidError("value.messaging_product", "must be whatsapp")
            found += [_message(one) for one in _part(value, "messages", list, "value.")]
    if not found:
        raise InvalidError("entry", "holds no message")
    return found


def _message(message: Any) -> dict[str, str]:
    where = "value.messages[]."
    kind, timestamp = _part(message, "type", str, where), _part(message, "timestamp", str, where)
    if not timestamp.isdecimal():
        raise InvalidError(f"{where}timestamp", "must be unix seconds as text")
    body = _part(_part(message, "text", dict, where), "body", str, f"{where}text.") if kind == "text" else ""
    return {"id": _part(message, "id", str, where), "from": _part(message, "from", str, where), "body": body}


def stay(check_in: Any, check_out: Any) -> tuple[date, date]:
    """Return the nights from ``check_in`` to ``check_out``, ISO dates. Raises InvalidError."""
    first, last = _date("check_in", check_in), _date("check_out", check_out)
    if not 1 <= (last - first).days <= MAX_NIGHTS:
        raise InvalidError("check_out", f"must be 1 to {MAX_NIGHTS} nights after check_in")
    return first, last


def reservation(body: Any) -> dict[str, Any]:
    """Return the fields of a booking. Raises InvalidError."""
    first, last = stay(_part(body, "check_in", str), _part(body, "check_out", str))
    guests = _part(body, "guests", int)
    if not 1 <= guests <= MAX_GUESTS:
        raise InvalidError("guests", f"must be 1 to {MAX_GUESTS}")
    return {
        "guest_phone": _part(body, "guest_phone", str),
        "check_in": first.isoformat(),
        "check_out": last.isoformat(),
        "room_type": _part(body, "room_type", str),
        "guests": guests,
        "special_requests": str(body.get("special_requests") or ""),
    }


def _part(data: Any, key: str, kind: type, where: str = "") -> Any:
    if not isinstance(data, dict):
        raise InvalidError(where.rstrip(".") or "body", "must be an object")
    value = data.get(key)
    if not isinstance(value, kind) or isinstance(value, bool) or value in ("", [], {}):
        names = {str: "text", list: "a list with something in it", dict: "an object", int: "a whole number"}
        raise InvalidError(f"{where}{key}", f"must be {names[kind]}")
    return value


def _date(field: str, text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise InvalidError(field, "must be a date, YYYY-MM-DD") from None
