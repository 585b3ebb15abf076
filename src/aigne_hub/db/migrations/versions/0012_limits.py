"""Limits of providers and their models, and how many calls run at once with a credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("providers", sa.Column("limits", sa.Text()))
    op.add_column("credentials", sa.Column("concurrency", sa.Integer()))
