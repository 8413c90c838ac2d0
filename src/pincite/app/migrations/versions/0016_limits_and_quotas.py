"""How many requests were sent, by address, key and user.

Revision: 0016, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    """Take it back."""
    op.drop_table("app_limits")
