"""What a hang-up means for the calls of a key; idempotency keys and the answers kept for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("keys", sa.Column("on_hangup", sa.String(12)))
    op.create_table(
        "claims",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("head", sa.Text()),
        sa.Column("media_type", sa.String(100)),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_claims"),
    )
    op.create_index("ix_claims_created_ms", "claims", ["created_ms"])
