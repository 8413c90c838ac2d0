"""Ingest: the write path, from bytes to passages."""
