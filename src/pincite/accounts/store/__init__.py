"""Every query on the tables of accounts: `proofs.py` proves who asks, `people.py` looks after users and groups."""
