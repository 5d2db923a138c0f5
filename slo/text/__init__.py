"""Text: names for people, redaction of secrets, cleaning of text from outside, atomic files, JSON Schemas.

It knows nothing of runs or of Locust.
"""
