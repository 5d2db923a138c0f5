"""How fast a budget of bad requests is used up: factors and windows of the alerts."""

from __future__ import annotations

from dataclasses import dataclass

PAGE, TICKET = "page", "ticket"
"""Severities: a page reaches somebody at once, a ticket in working hours."""
MONTH_S = 30 * 86400


MIN_LONG_WINDOW_S = 60


MIN_SHORT_WINDOW_S = 10
"""Windows of a short period are at least this long: rates need several scrapes."""


@dataclass(frozen=True)
class BurnRate:
    """A burn rate that alerts when it holds over both windows, in seconds."""

    rate: float
    long_s: int
    short_s: int
    severity: str

    @property
    def windows(self) -> tuple[str, str]:
        """Both windows as Prometheus writes them."""
        return prometheus_duration(self.long_s), prometheus_duration(self.short_s)


def burn_rates(period_s: float) -> list[BurnRate]:
    """Return the burn rates to alert on: those of the workbook for 30 days, its windows scaled to ``period_s``."""
    found: dict[tuple[int, int], BurnRate] = {}
    for rate, long_s, short_s, severity in (
        (14.4, 3600, 300, PAGE),
        (6.0, 21600, 1800, PAGE),
        (1.0, 259200, 21600, TICKET),
    ):
        scale = period_s / MONTH_S
        long, short = max(MIN_LONG_WINDOW_S, round(long_s * scale)), max(MIN_SHORT_WINDOW_S, round(short_s * scale))
        # Of two rates with the same windows the lower one includes the higher one.
        kept = found.get((long, short))
        found[long, short] = BurnRate(rate, long, short, kept.severity if kept else severity)
    return list(found.values())


def prometheus_duration(seconds: int) -> str:
    """Return a time as Prometheus writes it: 1h30m, 5m, 90s is 1m30s."""
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"
