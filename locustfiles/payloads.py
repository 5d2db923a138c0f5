"""Test data: what guests write, from which phones, for which nights."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random

PHONES = tuple(f"+54911555500{number:02d}" for number in range(1, 11))
MESSAGES = (
    "Hola, quiero reservar una habitación doble para este fin de semana",
    "¿Tienen disponibilidad para dos personas del viernes al domingo?",
    "Necesito cancelar mi reserva, por favor",
    "¿Puedo cambiar las fechas de mi reserva?",
    "¿Qué servicios incluye la habitación?",
    "¿Cuánto cuesta una noche con desayuno incluido?",
    "¿Aceptan mascotas y tienen estacionamiento?",
    "Quisiera confirmar la hora de entrada y de salida",
)
BUSINESS_PHONE = "+5491155550000"
PHONE_NUMBER_ID = "100000000000001"

# Encoded once: a message is made by filling the gaps.
_WORDS = tuple(json.dumps(message, ensure_ascii=False) for message in MESSAGES)
_MESSAGE = (
    '{"object": "whatsapp_business_account", "entry": [{"id": "' + PHONE_NUMBER_ID + '", "changes": [{"value": '
    '{"messaging_product": "whatsapp", "metadata": {"display_phone_number": "' + BUSINESS_PHONE + '", '
    '"phone_number_id": "' + PHONE_NUMBER_ID + '"}, "messages": [{"from": "%s", "id": "wamid.%s", '
    '"timestamp": "%d", "type": "text", "text": {"body": %s}}]}, "field": "messages"}]}]}'
)
_RESERVATION = (
    '{"guest_phone": "%s", "check_in": "%s", "check_out": "%s", "room_type": "standard", "guests": 2, '
    '"special_requests": "Llegada después de las 20 h"}'
)


def stay(random: Random, today: date | None = None) -> tuple[str, str]:
    """Return check-in and check-out as ISO dates: 1 to 30 days from today, for 1 to 7 nights."""
    # Every second visit makes one: a date is written once a day, and `randint` costs four times this.
    days, first = _days_from(today or date.today()), 1 + int(random.random() * 30)
    return days[first], days[first + 1 + int(random.random() * 7)]


@lru_cache(maxsize=2)
def _days_from(today: date) -> tuple[str, ...]:
    """Return today and the 37 days after it as ISO dates."""
    return tuple((today + timedelta(days=ahead)).isoformat() for ahead in range(38))


def whatsapp_message(random: Random) -> bytes:
    """Return a message in the envelope of the Meta Cloud API's webhooks, as JSON.

    The sender and the text come from ``random``; the id and the timestamp also from the clock, because a real
    API drops a message id that it has seen before, even in yesterday's run with the same seed.
    """
    now_ns = time.time_ns()
    wamid = f"{now_ns:x}{random.getrandbits(64):016x}"
    return (_MESSAGE % (_one_of(PHONES, random), wamid, now_ns // 1_000_000_000, _one_of(_WORDS, random))).encode()


def reservation(random: Random) -> bytes:
    """Return the body of a booking, as JSON."""
    check_in, check_out = stay(random)
    return (_RESERVATION % (_one_of(PHONES, random), check_in, check_out)).encode()


def _one_of(values: Sequence[str], random: Random) -> str:
    return values[int(random.random() * len(values))]
