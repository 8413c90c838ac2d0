"""Vectors by the text that they were made of.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "library_vectors",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "model_id", "digest", name=op.f("pk_library_vectors")),
    )
    op.create_index(op.f("ix_library_vectors_tenant_document_id"), "library_vectors", ["tenant", "document_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_library_vectors_tenant_document_id"), "library_vectors")
    op.drop_table("library_vectors")
