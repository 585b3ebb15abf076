"""When credentials that their provider refuses are rechecked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # With a default, as workers of the version before still add rows while this one starts.
    op.add_column("credentials", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("credentials", sa.Column("checked_ms", sa.BigInteger()))
    op.add_column("credentials", sa.Column("next_check_ms", sa.BigInteger()))
