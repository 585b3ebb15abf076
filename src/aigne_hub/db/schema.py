"""Every table of the hub lives on this page. Ids sort by time (base/ids.py); times are Unix milliseconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes a column the row's own address only when its type is spelled INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

# One row per process start. Its id is the node number that keeps the ids of processes apart.
boots = Table(
    "boots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("started_ms", BigInteger, nullable=False),
)

# Change counters that memory snapshots watch: `access`, `catalog`. A row that changes takes the new
# number as its own `version`, in the same transaction, so that a reader fetches only what is new.
versions = Table(
    "versions",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False),
    Column("email", String(254), unique=True),
    Column("role", String(20), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
    Column("version", BigInteger, nullable=False, index=True),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("hint", String(4), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("last_used_ms", BigInteger),
    Column("version", BigInteger, nullable=False, index=True),
)

providers = Table(
    "providers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", String(50), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("base_url", String(500), nullable=False),
    Column("region", String(50)),
    Column("enabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("provider_id", Id, ForeignKey("providers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("masked", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("error", Text),
    Column("weight", Integer, nullable=False),
    Column("usage_count", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

# The upstream models a provider is known to serve; a provider may serve others as well.
models = Table(
    "models",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("provider_id", Id, ForeignKey("providers.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("provider_id", "name"),
)

# One row per call, written on the hot path: each further index costs more than the row itself.
# What a call points at is kept by id without a foreign key, so that its record outlives the rest.
calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("request_id", String(128), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("key_id", BigInteger, nullable=False),
    Column("provider_id", BigInteger),
    Column("credential_id", BigInteger),
    Column("model", String(200), nullable=False),
    Column("upstream_model", String(200)),
    Column("kind", String(20), nullable=False),
    Column("status", String(12), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("duration_ms", Integer),
    Column("first_byte_ms", Integer),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cache_read_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("usage_source", String(10), nullable=False),
    Column("error", String(1000)),
    Column("app", String(200)),
    Index("ix_calls_user_id_id", "user_id", "id"),
    Index(
        "ix_calls_processing",
        "id",
        sqlite_where=text("status = 'processing'"),
        postgresql_where=text("status = 'processing'"),
    ),
)
