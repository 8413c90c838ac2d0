"""Every query on the ledger's tables; each takes a session and a scope and gives domain values."""
