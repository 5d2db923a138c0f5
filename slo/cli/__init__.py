"""The command ``locust-slo``."""
