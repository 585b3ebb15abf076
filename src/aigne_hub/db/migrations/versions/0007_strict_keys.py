"""Keys whose calls are refused rather than translated with a loss."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("keys", sa.Column("strict", sa.Boolean()))
