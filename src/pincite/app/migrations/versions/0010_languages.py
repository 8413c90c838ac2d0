"""The language of each revision's text, and how the words of each build of the index were cut.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_revisions", sa.Column("language", sa.String(length=35), nullable=True))
    op.add_column("library_generations", sa.Column("terms", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("library_generations", "terms")
    op.drop_column("library_revisions", "language")
