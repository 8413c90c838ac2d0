"""Which job a revision that came among many belongs to.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_revisions", sa.Column("job", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("library_revisions", "job")
