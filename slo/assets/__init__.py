"""The page that Locust's web UI serves at ``/slo/``, and what the HTML report is made of."""
