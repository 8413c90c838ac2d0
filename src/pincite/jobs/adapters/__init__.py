"""Engines of the job queue: DBOS, and the one in memory."""
