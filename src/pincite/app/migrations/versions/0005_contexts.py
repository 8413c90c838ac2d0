"""What a model wrote about chunks, to be searched with them.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "library_contexts",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "document_id", "digest", name=op.f("pk_library_contexts")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("library_contexts")
