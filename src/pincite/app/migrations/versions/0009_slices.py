"""Which job a revision that came among many belongs to.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_revisions", sa.Column("job", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("library_revisions", "job")
