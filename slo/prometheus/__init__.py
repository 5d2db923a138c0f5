"""Prometheus: metrics of a run, the exporter, recording and alerting rules."""
