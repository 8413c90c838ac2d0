"""Replies of models that are kept to be given again, and what was saved on calls.

Revision: 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("ledger_entries", sa.Column("hit", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in ("saved_pico", "routed_pico"):
        op.add_column("ledger_entries", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "gateway_replies",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("cost_pico", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("created_at", "used_at", "expires_at")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gateway_replies")),
    )
    op.create_index("ix_gateway_replies_tenant_used_at", "gateway_replies", ["tenant", "used_at"])
    op.create_index("ix_gateway_replies_expires_at", "gateway_replies", ["expires_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE gateway_replies ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE gateway_replies FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON gateway_replies USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; replies are asked for again, and what was saved is forgotten."""
    op.drop_table("gateway_replies")
    for name in ("routed_pico", "saved_pico", "hit"):
        op.drop_column("ledger_entries", name)
