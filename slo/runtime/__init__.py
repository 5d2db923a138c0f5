"""The wiring to Locust: options, event listeners, the engine, shapes, the exit code.

Beside ``slo.lean`` the only package that imports Locust.
"""
