"""What happens with personal data in a collection, and how much of it was found in a document.

Columns of tables that stand behind the tenants' wall already. Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "library_collections", sa.Column("personal_data", sa.String(20), nullable=False, server_default="off")
    )
    op.add_column("library_revisions", sa.Column("personal_data", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("library_revisions", "personal_data")
    op.drop_column("library_collections", "personal_data")
