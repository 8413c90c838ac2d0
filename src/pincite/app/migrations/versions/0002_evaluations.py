"""Golden sets and the outcomes of runs.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "evals_sets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evals_sets")),
        sa.UniqueConstraint("tenant", "name", "version", name=op.f("uq_evals_sets_tenant_name_version")),
    )
    op.create_table(
        "evals_outcomes",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_evals_outcomes")),
    )
    op.create_table(
        "evals_cases",
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evals_sets.id"], name=op.f("fk_evals_cases_set_id_evals_sets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("set_id", "place", name=op.f("pk_evals_cases")),
    )
    op.create_table(
        "evals_passages",
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("passage", sa.String(length=400), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evals_sets.id"], name=op.f("fk_evals_passages_set_id_evals_sets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("set_id", "place", name=op.f("pk_evals_passages")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("evals_passages")
    op.drop_table("evals_cases")
    op.drop_table("evals_outcomes")
    op.drop_table("evals_sets")
