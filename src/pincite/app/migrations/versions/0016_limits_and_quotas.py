"""How many requests were sent, by address, key and user; how much each tenant holds, and may hold.

Revision: 0016, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NOW = "current_setting('pincite.tenant', true)"
_RULE = f"(tenant = {_NOW} OR {_NOW} = '*')"
_COUNT = """
    INSERT INTO library_usage (tenant, documents, size_bytes, pages)
    SELECT tenant,
        (SELECT count(*) FROM library_documents AS each WHERE each.tenant = feed.tenant),
        (SELECT coalesce(sum(size_bytes), 0) FROM library_revisions AS each WHERE each.tenant = feed.tenant),
        (SELECT count(*) FROM library_pages AS each WHERE each.tenant = feed.tenant)
    FROM library_feeds AS feed
"""


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "app_limits",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.Float(53), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_app_limits")),
    )
    op.create_index("ix_app_limits_ends_at", "app_limits", ["ends_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE app_limits SET UNLOGGED")  # counts may be lost, and are written often
    op.create_table(
        "library_usage",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("documents", "size_bytes", "pages")),
        *(sa.Column(name, sa.BigInteger()) for name in ("most_documents", "most_bytes", "most_pages")),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_library_usage")),
    )
    op.execute(_COUNT)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE library_usage ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE library_usage FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON library_usage USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("library_usage")
    op.drop_table("app_limits")
