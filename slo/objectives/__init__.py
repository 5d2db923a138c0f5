"""From YAML to objectives: the document with line numbers, its grammar, the objectives.

Judging them is in ``slo.verdict.verdict``.
"""
