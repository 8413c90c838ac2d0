"""What the browser of a session calls itself, so that its owner knows it in a list.

Revision: 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("accounts_sessions", sa.Column("agent", sa.String(length=200)))


def downgrade() -> None:
    """Take it back; what browsers call themselves is forgotten."""
    op.drop_column("accounts_sessions", "agent")
