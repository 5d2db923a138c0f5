"""The identity of a master for tests of the messages."""

from __future__ import annotations

OWN = {"locust_slo": "1.0", "locust": "2.47.0", "protocol": 1, "locustfiles": {}, "options": {}}
