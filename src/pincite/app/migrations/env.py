"""Alembic's entry: runs the migrations on the connection that `pincite.app.migrate` hands over.

There is no offline mode and no ini file; the connection and the metadata come from the caller.
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from pincite.core import Table
from pincite.core.schema import UtcDateTime


def _render(kind: str, thing: Any, _autogen: object) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, render_item=_render)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
