"""What a hang-up means for the calls of a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("keys", sa.Column("on_hangup", sa.String(12)))
