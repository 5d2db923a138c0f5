"""The requested load: plans and stages, arrival rates and schedules, the search for the capacity limit.

This package describes load; ``slo.runtime`` offers it through Locust.
"""
