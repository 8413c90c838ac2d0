"""What calls of models may come to and came to, and the budgets that bound it.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"
_TABLES = ("ledger_entries", "ledger_budgets", "ledger_windows")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=True),
        sa.Column("assistant", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=30), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("reserved_pico", "reserved_tokens")),
        *(sa.Column(f"{name}_tokens", sa.BigInteger(), nullable=False) for name in ("input", "cached", "output")),
        sa.Column("cost_pico", sa.BigInteger(), nullable=True),
        sa.Column("estimated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_tenant_created_at", "ledger_entries", ["tenant", "created_at"])
    op.create_index("ix_ledger_entries_answer_tenant", "ledger_entries", ["answer", "tenant"])
    op.create_index("ix_ledger_entries_state_expires_at", "ledger_entries", ["state", "expires_at"])
    op.create_table(
        "ledger_budgets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("limit_pico", sa.BigInteger(), nullable=True),
        sa.Column("limit_tokens", sa.BigInteger(), nullable=True),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("cheaper_percent", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_budgets")),
    )
    op.create_index("ix_ledger_budgets_tenant", "ledger_budgets", ["tenant"])
    op.create_table(
        "ledger_windows",
        sa.Column("budget", sa.String(length=64), nullable=False),
        sa.Column("began", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        *(sa.Column(f"{name}_pico", sa.BigInteger(), nullable=False) for name in ("spent", "reserved")),
        *(sa.Column(f"{name}_tokens", sa.BigInteger(), nullable=False) for name in ("spent", "reserved")),
        sa.Column("warned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("budget", "began", name=op.f("pk_ledger_windows")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY tenant_wall ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; what was spent is forgotten, and nothing bounds it."""
    for table in reversed(_TABLES):
        op.drop_table(table)
