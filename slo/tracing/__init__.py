"""Trace context of requests: ids, the header, spans, links to a tracing system.

It knows no HTTP client.
"""
