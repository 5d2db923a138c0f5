"""A run as it lies on disk: the run, its intervals, process statistics, the journal.

What is derived from a run is in ``slo.analysis``.
"""
