"""What models cost, and what each call did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "model_rates",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("provider_id", _ID, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("model_display", sa.String(100), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("input_rate", sa.String(30), nullable=False),
        sa.Column("output_rate", sa.String(30), nullable=False),
        sa.Column("cache_read_rate", sa.String(30)),
        sa.Column("cache_write_rate", sa.String(30)),
        sa.Column("input_cost", sa.String(30)),
        sa.Column("output_cost", sa.String(30)),
        sa.Column("model_metadata", sa.Text()),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name="fk_model_rates_provider_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_model_rates"),
        sa.UniqueConstraint("provider_id", "model", "kind", name="uq_model_rates_provider_id_model_kind"),
    )
    op.add_column("calls", sa.Column("credits", sa.BigInteger()))
