"""Answers from a run: selection, timeline, findings, diagnosis, generator health.

All pure: a run in, an answer out; no I/O, no clock.
"""
