"""Every dialect: which a provider speaks, what a call used in full, and what its translation lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_CALLS = (
    ("cache_write_5m_tokens", sa.Integer()),
    ("cache_write_1h_tokens", sa.Integer()),
    ("audio_input_tokens", sa.Integer()),
    ("audio_output_tokens", sa.Integer()),
    ("images", sa.Integer()),
    ("seconds", sa.Float()),
    ("tool_calls", sa.Integer()),
    ("tier", sa.String(length=40)),
    ("dialect", sa.String(length=30)),
    ("upstream_dialect", sa.String(length=30)),
    ("dropped", sa.String(length=1000)),
)


def upgrade() -> None:
    op.add_column("providers", sa.Column("dialects", sa.Text()))
    # Google is called in its own format from here on, which is one step above its imitation of OpenAI's.
    op.execute(
        "UPDATE providers SET base_url = 'https://generativelanguage.googleapis.com/v1beta' WHERE name = 'google'"
        " AND base_url = 'https://generativelanguage.googleapis.com/v1beta/openai'"
    )
    for name, kind in _CALLS:
        op.add_column("calls", sa.Column(name, kind))
    # Reasoning was a part of the output until now; the buckets are disjoint from here on.
    op.execute(
        "UPDATE calls SET output_tokens = output_tokens - reasoning_tokens"
        " WHERE reasoning_tokens > 0 AND output_tokens >= reasoning_tokens"
    )
