"""The command ``locust-slo``: one module for each command; ``arguments`` and ``judging`` are shared by several."""
