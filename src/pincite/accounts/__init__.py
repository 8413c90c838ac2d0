"""Accounts: who is asking, proved by a session or a key, as a `Scope`."""
