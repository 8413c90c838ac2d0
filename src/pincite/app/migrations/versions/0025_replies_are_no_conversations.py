"""Which conversations people see as such: those of models' own replies that are stored are none.

Revision: 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("answers_conversations", sa.Column("listed", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    """Take it back; what is not listed was never to be seen."""
    op.execute(sa.text("DELETE FROM answers_conversations WHERE NOT listed"))
    op.drop_column("answers_conversations", "listed")
