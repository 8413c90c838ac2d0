"""What is on legal hold, and for how many days a collection keeps its documents (NULL is for ever).

Revision: 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_collections", sa.Column("keep_days", sa.Integer(), nullable=True))
    op.create_table(
        "library_holds",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("object_kind", sa.String(length=10), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_kind", "object_id", name=op.f("pk_library_holds")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE library_holds ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE library_holds FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON library_holds USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; nothing would keep what was on hold."""
    op.drop_table("library_holds")
    op.drop_column("library_collections", "keep_days")
