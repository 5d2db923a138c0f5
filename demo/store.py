"""What the API remembers, in SQLite on disk: reservations, tenants, feature flags and messages."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL, active INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS feature_flags (name TEXT PRIMARY KEY, enabled INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY, guest_phone TEXT NOT NULL, check_in TEXT NOT NULL, check_out TEXT NOT NULL,
    room_type TEXT NOT NULL, guests INTEGER NOT NULL, special_requests TEXT NOT NULL,
    confirmation TEXT NOT NULL, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, sender TEXT NOT NULL, body TEXT NOT NULL);
INSERT OR IGNORE INTO tenants VALUES
    ('hotel-centro', 'Hotel Centro', 1), ('hotel-playa', 'Hotel Playa', 1), ('hotel-sierra', 'Hotel Sierra', 0);
INSERT OR IGNORE INTO feature_flags VALUES
    ('audio_messages', 1), ('late_checkout', 1), ('multi_tenant', 0);
"""
_FIELDS = ("guest_phone", "check_in", "check_out", "room_type", "guests", "special_requests", "confirmation")


class Store:
    """One connection, in one thread. A SQLite call does not yield to other greenlets, so no two mix."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "hotel.sqlite", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def is_well(self) -> bool:
        """Return whether the database answers."""
        try:
            return bool(self._connection.execute("SELECT COUNT(*) FROM tenants").fetchone()[0])
        except sqlite3.Error:
            return False

    def add_message(self, message_id: str, sender: str, body: str) -> bool:
        """Store a message; returns False for one that was stored already."""
        with self._transaction():
            words = "INSERT OR IGNORE INTO messages VALUES (?, ?, ?)"
            return self._connection.execute(words, (message_id, sender, body)).rowcount == 1

    def add_reservation(self, fields: Mapping[str, Any]) -> str:
        """Keep a reservation; returns its id."""
        reservation_id = str(uuid.uuid4())
        values = [reservation_id, *(fields[name] for name in _FIELDS)]
        words = f"INSERT INTO reservations (id, {', '.join(_FIELDS)}) VALUES (?{', ?' * len(_FIELDS)})"
        with self._transaction():
            self._connection.execute(words, values)
        return reservation_id

    def reservation(self, reservation_id: str) -> dict[str, Any] | None:
        """Return a reservation, or None."""
        found = self._rows("SELECT * FROM reservations WHERE id = ?", reservation_id)
        return found[0] if found else None

    def tenants(self) -> list[dict[str, Any]]:
        """Return all tenants."""
        rows = self._rows("SELECT * FROM tenants ORDER BY id")
        return [{**row, "active": bool(row["active"])} for row in rows]

    def feature_flags(self) -> dict[str, bool]:
        """Return all flags."""
        rows = self._rows("SELECT * FROM feature_flags ORDER BY name")
        return {row["name"]: bool(row["enabled"]) for row in rows}

    def _rows(self, words: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(words, values).fetchall()]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
