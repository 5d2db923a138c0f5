"""The embedded hotel API and its PMS: a real server to test against."""
