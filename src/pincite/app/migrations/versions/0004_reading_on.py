"""Who reads a revision, since when nothing moved, and what its reader noticed.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("library_revisions", sa.Column("lease", sa.Integer(), server_default="0", nullable=False))
    op.add_column("library_revisions", sa.Column("read_by", sa.String(length=60), nullable=True))
    op.add_column("library_revisions", sa.Column("warnings", sa.Text(), nullable=True))
    op.create_index(op.f("ix_library_revisions_tenant_state"), "library_revisions", ["tenant", "state"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_library_revisions_tenant_state"), "library_revisions")
    op.drop_column("library_revisions", "warnings")
    op.drop_column("library_revisions", "read_by")
    op.drop_column("library_revisions", "lease")
