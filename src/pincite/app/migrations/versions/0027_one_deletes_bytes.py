"""Bytes that nothing refers to are deleted by one process at a time: who has a claim on them, and until when.

Revision: 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_blob_deletions", sa.Column("claimed_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take it back; what was claimed is deleted by whoever comes first."""
    op.drop_column("library_blob_deletions", "claimed_until")
