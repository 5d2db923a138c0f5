"""Reference runs and the comparison with them.

What a regression means for the verdict is in ``slo.verdict.verdict``.
"""
