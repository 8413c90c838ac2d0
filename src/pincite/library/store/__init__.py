"""Every query on the library's tables; each takes a session and a scope and gives domain values."""
