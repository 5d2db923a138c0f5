"""Metrics of a target, as text."""

from __future__ import annotations

TEXT = """# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 6.1e+07
# TYPE process_open_fds gauge
process_open_fds 11.0 1700000000000
# TYPE pms_breaker_state gauge
pms_breaker_state{pms="a b"} 2.0
# TYPE breaker_trips_total counter
breaker_trips_total 5
python_info{version="3"} 1
broken line
process_open_fds NaN
"""
