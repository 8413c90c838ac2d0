"""PostgreSQL: in each transaction only the rows of one tenant are there, whatever a query asks for. SQLite has no such
thing.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NOW = "current_setting('pincite.tenant', true)"
_OWN = f"({{column}} = {_NOW} OR {_NOW} = '*')"
# Tables without a column of that name, and what makes a row the tenant's; a table that is looked at has its own wall.
_BY_OTHERS = {
    "accounts_tenants": _OWN.format(column="id"),
    "answers_basis": "EXISTS (SELECT 1 FROM answers_answers AS home WHERE home.id = answer)",
    "answers_events": "EXISTS (SELECT 1 FROM answers_answers AS home WHERE home.id = answer)",
    "evals_cases": "EXISTS (SELECT 1 FROM evals_sets AS home WHERE home.id = set_id)",
    "evals_passages": "EXISTS (SELECT 1 FROM evals_sets AS home WHERE home.id = set_id)",
}


def upgrade() -> None:
    """Apply the change."""
    for table, rule in _rules().items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # for the owner too: that is who we are
        op.execute(f"CREATE POLICY tenant_wall ON {table} USING ({rule}) WITH CHECK ({rule})")


def downgrade() -> None:
    """Take it back."""
    for table in _rules():
        op.execute(f"DROP POLICY IF EXISTS tenant_wall ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _rules() -> dict[str, str]:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return {}
    with_tenant = connection.execute(
        sa.text(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
            "table_name) WHERE column_name = 'tenant' AND table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
    )
    return {name: _OWN.format(column="tenant") for name in sorted(with_tenant.scalars())} | _BY_OTHERS
