"""Outside places that collections are kept in step with, and what is known of their items.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "sources_sources",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("portion", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("run_state", sa.String(length=16), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("trouble", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources_sources")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_sources_sources_tenant_name")),
    )
    op.create_table(
        "sources_items",
        sa.Column("source_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=True),
        sa.Column("seen_run", sa.Integer(), nullable=False),
        sa.Column("tried_run", sa.Integer(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("trouble", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources_sources.id"], name=op.f("fk_sources_items_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "digest", name=op.f("pk_sources_items")),
    )
    op.create_index("ix_sources_items_source_id_seen_run", "sources_items", ["source_id", "seen_run"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("sources_items")
    op.drop_table("sources_sources")
