"""Schema migrations, run by Alembic on SQLite and PostgreSQL alike; new ones go to `versions/`."""
