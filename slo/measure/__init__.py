"""Measuring in one process: the recorder (hot path), listeners, the history, process statistics, the target's metrics.

It judges nothing.
"""
