"""Which answers may be given again to questions that mean the same.

Revision: 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "answers_asked",
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers_answers.id"], name=op.f("fk_answers_asked_answer_answers_answers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", name=op.f("pk_answers_asked")),
    )
    op.create_index("ix_answers_asked_tenant_key_asked_at", "answers_asked", ["tenant", "key", "asked_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE answers_asked ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE answers_asked FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON answers_asked USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; each question is answered anew."""
    op.drop_table("answers_asked")
