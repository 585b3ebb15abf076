"""What is known of a model: its context, its list prices and its abilities, as of the last check of a credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("models", sa.Column("context_window", sa.Integer()))
    op.add_column("models", sa.Column("prices", sa.Text()))
    op.add_column("models", sa.Column("abilities", sa.Text()))
