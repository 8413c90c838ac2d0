"""Revisions that wait for the better embedder.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "library_waiting",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("revision_id", sa.String(length=64), nullable=False),
        sa.Column("chunks_done", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "revision_id", name=op.f("pk_library_waiting")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("library_waiting")
