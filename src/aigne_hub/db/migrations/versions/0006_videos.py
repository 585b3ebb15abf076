"""Video jobs: which is whose, where it is made, and what was last heard of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "videos",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("provider_id", _ID, nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("upstream_model", sa.String(length=200), nullable=False),
        sa.Column("dialect", sa.String(length=30), nullable=False),
        sa.Column("upstream_id", sa.String(length=500), nullable=False),
        sa.Column("remixed_from", sa.BigInteger()),
        sa.Column("seconds", sa.Float()),
        sa.Column("size", sa.String(length=20)),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=60)),
        sa.Column("error_message", sa.String(length=600)),
        sa.Column("completed_s", sa.BigInteger()),
        sa.Column("expires_s", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_videos_user_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_videos_provider_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_videos"),
    )
    op.create_index("ix_videos_user_id_id", "videos", ["user_id", "id"])
    op.create_index("ix_videos_provider_id", "videos", ["provider_id"])
