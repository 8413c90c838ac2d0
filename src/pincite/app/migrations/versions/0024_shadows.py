"""How answers of another route measure beside those that were shown.

Revision: 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"
_TABLE = "answers_shadows"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        _TABLE,
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer"],
            ["answers_answers.id"],
            name=op.f("fk_answers_shadows_answer_answers_answers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer", name=op.f("pk_answers_shadows")),
    )
    op.create_index("ix_answers_shadows_tenant_created_at", _TABLE, ["tenant", "created_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON {_TABLE} USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; what was measured is forgotten."""
    op.drop_table(_TABLE)
