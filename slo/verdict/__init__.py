"""Judging a run: statuses, exit codes, regressions, abort rules, calibration.

It does no I/O beside reading saved runs, and knows no Locust.
"""
