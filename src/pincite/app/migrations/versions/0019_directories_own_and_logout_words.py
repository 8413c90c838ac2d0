"""Whom a directory may change whole (`own`), and which words that end sessions were used, so that none is used twice.

Revision: 0019, after 0018. Who was provisioned before stays the directory's.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("accounts_scim_users", sa.Column("own", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "accounts_logout_words",
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["accounts_providers.id"],
            name=op.f("fk_accounts_logout_words_provider_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider_id", "hash", name=op.f("pk_accounts_logout_words")),
    )
    op.create_index("ix_accounts_logout_words_used_at", "accounts_logout_words", ["used_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE accounts_logout_words ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE accounts_logout_words FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_wall ON accounts_logout_words USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; a directory may change whom it found, too, and a word could be used twice for a few minutes."""
    op.drop_table("accounts_logout_words")
    op.drop_column("accounts_scim_users", "own")
