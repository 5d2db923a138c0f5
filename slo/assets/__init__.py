"""The page that Locust's web UI serves at ``/slo/``."""
