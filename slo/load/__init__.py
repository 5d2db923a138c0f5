"""The load that is asked for: plans and stages, arrival rates and schedules, the search for the capacity limit.

It describes load; ``slo.runtime`` offers it through Locust.
"""
