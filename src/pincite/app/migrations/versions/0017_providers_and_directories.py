"""Sign-in providers and who people are to them, what directories know of users and groups, sessions that end by then.

Revision: 0017, after 0014.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLES = ("accounts_providers", "accounts_identities", "accounts_scim_users", "accounts_scim_groups")
_RULE = "(tenant = current_setting('pincite.tenant', true) OR current_setting('pincite.tenant', true) = '*')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("accounts_sessions", sa.Column("provider_id", sa.String(length=64), nullable=True))
    op.add_column("accounts_sessions", sa.Column("provider_session", sa.String(length=255), nullable=True))
    op.add_column("accounts_sessions", sa.Column("ends_at", UtcDateTime(), nullable=True))
    _make_providers()
    _make_directories()
    if op.get_bind().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY tenant_wall ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")


def downgrade() -> None:
    """Take it back; sessions that a provider's word began end, because nothing would end them in time."""
    op.execute("DELETE FROM accounts_sessions WHERE provider_id IS NOT NULL")
    for table in reversed(_TABLES):
        op.drop_table(table)
    for column in ("ends_at", "provider_session", "provider_id"):
        op.drop_column("accounts_sessions", column)


def _make_providers() -> None:
    op.create_table(
        "accounts_providers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["accounts_tenants.id"], name=op.f("fk_accounts_providers_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_providers")),
    )
    op.create_index("ix_accounts_providers_tenant", "accounts_providers", ["tenant"])
    op.create_table(
        "accounts_identities",
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["accounts_providers.id"],
            name=op.f("fk_accounts_identities_provider_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_identities_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_id", "subject", name=op.f("pk_accounts_identities")),
    )
    op.create_index("ix_accounts_identities_user_id", "accounts_identities", ["user_id"])


def _make_directories() -> None:
    op.create_table(
        "accounts_scim_users",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("user_name", sa.String(length=320), nullable=False),
        sa.Column("user_key", sa.String(length=320), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("given_name", sa.String(length=100), nullable=True),
        sa.Column("family_name", sa.String(length=100), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_scim_users_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_accounts_scim_users")),
        sa.UniqueConstraint("tenant", "user_key", name=op.f("uq_accounts_scim_users_tenant_user_key")),
    )
    op.create_table(
        "accounts_scim_groups",
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["accounts_groups.id"], name=op.f("fk_accounts_scim_groups_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_accounts_scim_groups")),
    )
