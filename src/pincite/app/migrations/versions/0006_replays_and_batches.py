"""What was answered to writes with an Idempotency-Key, and batches of documents.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "app_replays",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("asker", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("claimed_until", sa.Float(precision=53), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.Column("request_bytes", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "asker", "key", name=op.f("pk_app_replays")),
    )
    op.create_index(op.f("ix_app_replays_created_at"), "app_replays", ["created_at"])
    op.create_table(
        "library_batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_batches")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_library_batches_tenant_name")),
    )
    op.add_column("library_revisions", sa.Column("batch", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_library_revisions_tenant_batch"), "library_revisions", ["tenant", "batch"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_library_revisions_tenant_batch"), "library_revisions")
    op.drop_column("library_revisions", "batch")
    op.drop_table("library_batches")
    op.drop_index(op.f("ix_app_replays_created_at"), "app_replays")
    op.drop_table("app_replays")
