"""Benchmarks of the recorder, as ratios."""
