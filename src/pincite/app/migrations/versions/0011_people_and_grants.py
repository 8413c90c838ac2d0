"""Groups, programs and disabled users, narrowed keys that expire, and grants on collections and documents.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from pincite.core.schema import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("accounts_users", sa.Column("email", sa.String(length=320), nullable=True))
    op.add_column("accounts_users", sa.Column("service", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("accounts_users", sa.Column("disabled_at", UtcDateTime(), nullable=True))
    op.create_index("uq_accounts_users_email", "accounts_users", ["email"], unique=True)
    op.add_column("accounts_keys", sa.Column("permissions", sa.Text(), nullable=True))
    op.add_column("accounts_keys", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.create_table(
        "accounts_groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["accounts_tenants.id"], name=op.f("fk_accounts_groups_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_groups")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_accounts_groups_tenant_name")),
    )
    op.create_table(
        "accounts_members",
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["accounts_groups.id"], name=op.f("fk_accounts_members_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_members_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_accounts_members")),
    )
    op.create_index("ix_accounts_members_user_id", "accounts_members", ["user_id"])
    op.create_table(
        "library_grants",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("object_kind", sa.String(length=10), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("grantee_kind", sa.String(length=10), nullable=False),
        sa.Column("grantee_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "object_kind", "object_id", "grantee_kind", "grantee_id", name=op.f("pk_library_grants")
        ),
    )
    op.create_index(
        "ix_library_grants_tenant_grantee_kind_grantee_id",
        "library_grants",
        ["tenant", "grantee_kind", "grantee_id"],
    )
    op.create_table(
        "answers_basis",
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers_answers.id"], name=op.f("fk_answers_basis_answer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", "document", name=op.f("pk_answers_basis")),
    )
    op.create_index("ix_answers_basis_document", "answers_basis", ["document"])
    op.add_column("library_batches", sa.Column("begun_by", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Take it back. Owners keep their way in: versions before know no grants, nobody disabled and no narrowed keys."""
    kept = """SELECT id FROM accounts_users WHERE disabled_at IS NULL AND roles LIKE '%"owner"%'"""
    for table in ("accounts_sessions", "accounts_sign_in_tokens", "accounts_keys"):
        op.execute(f"DELETE FROM {table} WHERE user_id NOT IN ({kept})")
    op.execute("DELETE FROM accounts_keys WHERE permissions IS NOT NULL OR expires_at IS NOT NULL")
    op.drop_column("library_batches", "begun_by")
    op.drop_table("answers_basis")
    op.drop_table("library_grants")
    op.drop_table("accounts_members")
    op.drop_table("accounts_groups")
    op.drop_column("accounts_keys", "expires_at")
    op.drop_column("accounts_keys", "permissions")
    op.drop_index("uq_accounts_users_email", "accounts_users")
    for column in ("disabled_at", "service", "email"):
        op.drop_column("accounts_users", column)
