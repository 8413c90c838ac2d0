"""The audit log: who did what, chained by hashes, with triggers that refuse to change or delete what is written.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REFUSED = "the audit log is append-only"
_SQLITE = (
    ("audit_entries_no_update", "UPDATE ON audit_entries", ""),
    ("audit_entries_no_delete", "DELETE ON audit_entries", ""),
    ("audit_heads_forward", "UPDATE ON audit_heads", "WHEN NEW.seq <> OLD.seq + 1"),
    ("audit_heads_no_delete", "DELETE ON audit_heads", ""),
)
_POSTGRES = (
    ("audit_entries_kept", "UPDATE OR DELETE ON audit_entries FOR EACH ROW", ""),
    ("audit_entries_whole", "TRUNCATE ON audit_entries FOR EACH STATEMENT", ""),
    ("audit_heads_forward", "UPDATE ON audit_heads FOR EACH ROW", "WHEN (NEW.seq <> OLD.seq + 1)"),
    ("audit_heads_kept", "DELETE ON audit_heads FOR EACH ROW", ""),
    ("audit_heads_whole", "TRUNCATE ON audit_heads FOR EACH STATEMENT", ""),
)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "audit_entries",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("client", sa.String(length=100), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "seq", name=op.f("pk_audit_entries")),
    )
    for columns in (["tenant", "at"], ["tenant", "actor", "seq"], ["tenant", "object_id", "seq"]):
        op.create_index(f"ix_audit_entries_{'_'.join(columns)}", "audit_entries", columns)
    op.create_table(
        "audit_heads",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_audit_heads")),
    )
    op.execute(f"INSERT INTO audit_heads (tenant, seq, hash) SELECT id, 0, '{'0' * 64}' FROM accounts_tenants")
    if op.get_bind().dialect.name == "sqlite":
        for name, when, only in _SQLITE:
            op.execute(f"CREATE TRIGGER {name} BEFORE {when} {only} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END")
        return
    op.execute(
        "CREATE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    for name, when, only in _POSTGRES:
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} {only} EXECUTE FUNCTION audit_refused()")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("audit_heads")
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refused()")
