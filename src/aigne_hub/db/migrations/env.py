"""Runs the steps on the connection that migrate.py hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from aigne_hub.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
