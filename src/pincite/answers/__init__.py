"""Answers: pinned answers in conversations, streamed from a durable event log."""
