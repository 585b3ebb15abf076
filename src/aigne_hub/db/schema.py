"""Every table of the hub lives on this page. Ids sort by time (base/ids.py); times are Unix milliseconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
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
# `audit` numbers the journal's rows.
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
    Column("kind", String(10), nullable=False, server_default="person"),
    Column("name", String(100), nullable=False),
    Column("email", String(254), unique=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200)),
    Column("created_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
    Column("last_sign_in_ms", BigInteger),
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
    Column("prefix", String(20), nullable=False, server_default="blocklet-"),
    Column("hint", String(4), nullable=False),
    # The secret before the last rotation, good until `previous_until_ms`.
    Column("previous_digest", LargeBinary(32)),
    Column("previous_hint", String(4)),
    Column("previous_until_ms", BigInteger),
    # What narrows a key, each NULL when it does not: JSON lists, and limits.
    Column("scopes", Text),
    Column("models", Text),
    Column("addresses", Text),
    Column("requests_per_minute", Integer),
    Column("tokens_per_minute", Integer),
    Column("concurrency", Integer),
    Column("strict", Boolean),
    Column("on_hangup", String(12)),  # `cancel`, seconds, or `end`
    Column("created_via", String(10), nullable=False, server_default="cli"),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("last_used_ms", BigInteger),
    Column("last_used_address", String(45)),
    Column("version", BigInteger, nullable=False, index=True),
    Index("uq_keys_previous_digest", "previous_digest", unique=True),
)

# One-time secrets with a purpose: set-up links, invitations, sign-in challenges, authorization codes …
tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("purpose", String(20), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
    Column("used_ms", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("method", String(10), nullable=False),
    Column("address", String(45), nullable=False),
    Column("user_agent", String(300), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
    Column("ended_ms", BigInteger),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", String(200), nullable=False),
    Column("name", String(100), nullable=False),
    Column("is_synced", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger),
)

# OpenID providers at which people sign in.
sso_issuers = Table(
    "sso_issuers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False),
    Column("url", String(500), nullable=False),
    Column("client_id", String(200), nullable=False),
    Column("sealed_secret", LargeBinary),
    Column("scopes", Text, nullable=False),
    Column("role_claim", String(100)),
    Column("role_map", Text, nullable=False),
    Column("default_role", String(20), nullable=False),
    Column("domains", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

# Who a user is at an SSO issuer.
identities = Table(
    "identities",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("issuer_id", Id, ForeignKey("sso_issuers.id", ondelete="CASCADE"), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("email", String(254)),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger),
    UniqueConstraint("issuer_id", "subject"),
)

# Issuers whose JWTs workloads may call the hub with.
trusted_issuers = Table(
    "trusted_issuers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False),
    Column("url", String(500), nullable=False, unique=True),
    Column("audience", String(500), nullable=False),
    Column("jwks_url", String(500)),
    Column("algorithms", Text, nullable=False),
    Column("subject_claim", String(100), nullable=False),
    Column("subjects", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)

# Applications that get tokens from us (RFC 6749 section 2).
oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("secret_digest", LargeBinary(32)),
    Column("secret_hint", String(4)),
    Column("redirect_uris", Text, nullable=False),
    Column("grants", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("service_account_id", Id, ForeignKey("users.id")),
    Column("is_dynamic", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
    Column("removed_ms", BigInteger),  # kept until every worker has seen its tokens end
)

# That a user lets an application act for them; ended, all its tokens end, and allowing it again is another row.
authorizations = Table(
    "authorizations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("client_row", Id, ForeignKey("oauth_clients.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger),
    Column("ended_ms", BigInteger),
)

# OAuth tokens. A family is what came of one code: refreshing stays in it, reuse of a refresh token ends it.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("authorization_id", Id, ForeignKey("authorizations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("family_id", BigInteger, nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
    Column("used_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("version", BigInteger, nullable=False, index=True),
)

# Requests of devices without a browser (RFC 8628).
device_requests = Table(
    "device_requests",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("client_row", Id, ForeignKey("oauth_clients.id", ondelete="CASCADE"), nullable=False),
    Column("device_digest", LargeBinary(32), nullable=False, unique=True),
    Column("user_digest", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("user_id", Id, ForeignKey("users.id")),
    Column("interval_s", Integer, nullable=False),
    Column("polled_ms", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

# Command-line clients that wait for a person to give them a key (contract 1.3).
connects = Table(
    "connects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("challenge", String(64), nullable=False),
    Column("key_id", Id, ForeignKey("keys.id")),
    Column("key_expires_ms", BigInteger),
    Column("sealed_key", LargeBinary),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

# Applications that sign their V1 calls (contract 1.5).
apps = Table(
    "apps",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)

# What operators may change while the hub runs: one JSON value a name.
preferences = Table(
    "preferences",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

# Who did what. Each row's hash covers the row before it; `seq` has no gaps.
audit = Table(
    "audit",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("actor_kind", String(10), nullable=False),
    Column("actor_id", BigInteger),
    Column("actor_name", String(254)),
    Column("means", String(10)),
    Column("means_id", BigInteger),
    Column("address", String(45)),
    Column("request_id", String(128)),
    Column("action", String(50), nullable=False),
    Column("target_kind", String(20)),
    Column("target_id", String(64)),
    Column("target_name", String(254)),
    Column("outcome", String(10), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("hash", LargeBinary(32), nullable=False),
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
    Column("dialects", Text),  # names, comma-separated, the preferred one first; NULL is what is known by its name
    Column("limits", Text),  # JSON of what an operator says (catalog/limits.py); NULL is nothing
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
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("checked_ms", BigInteger),
    Column("next_check_ms", BigInteger),
    Column("concurrency", Integer),  # calls that run at once; NULL is no limit
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
    Column("context_window", Integer),
    Column("prices", Text),
    Column("abilities", Text),
    UniqueConstraint("provider_id", "name"),
)

# What a unit of a model costs: callers, in nano-credits per million units, and the hub, in nano-dollars per million
# units. Whole numbers, written out: where a credit is worth little, they have more than 64 bits.
model_rates = Table(
    "model_rates",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("provider_id", Id, ForeignKey("providers.id", ondelete="CASCADE"), nullable=False),
    Column("model", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("model_display", String(100), nullable=False),
    Column("description", Text),
    Column("input_rate", String(30), nullable=False),
    Column("output_rate", String(30), nullable=False),
    Column("cache_read_rate", String(30)),  # NULL is the input rate, as for writes
    Column("cache_write_rate", String(30)),
    Column("input_cost", String(30)),
    Column("output_cost", String(30)),
    Column("model_metadata", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("provider_id", "model", "kind"),
)

# Models that are not available, as calls found them: one that is has no row. `message` is for everybody to read.
model_status = Table(
    "model_status",
    metadata,
    Column("provider_id", Id, ForeignKey("providers.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("code", String(50), nullable=False),
    Column("message", String(200), nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
)

# Where notices are sent, if anywhere: one row, with the secret that signs them.
notice_webhook = Table(
    "notice_webhook",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("url", String(500), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

# Notices on their way, each to one receiver: `due_ms` is when it is sent next, and NULL when it was, or was given up.
notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("notice_id", BigInteger, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("user_id", Id, ForeignKey("users.id")),
    Column("event", String(30), nullable=False),
    Column("about", String(300), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, index=True),
    Column("tries", Integer, nullable=False),
)

# Where an operator wants the calls of a name to go; `definition` is the JSON of catalog/routes/entries.py.
routes = Table(
    "routes",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("definition", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

# What the hub keeps for a user behind an unguessable address. `digest` is the keyed hash of the address's token, and
# names the bytes in their `place`: the disk of one data directory, or a bucket.
files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("place", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
    Index("ix_files_user_id_id", "user_id", "id"),
)

# One row: the bytes that all files take up, counted in the transaction that adds or removes one.
file_space = Table(
    "file_space",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
)

# A video job that a caller may look at later; its id is that of the call that began it.
videos = Table(
    "videos",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("provider_id", Id, ForeignKey("providers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", BigInteger, nullable=False),
    Column("model", String(200), nullable=False),
    Column("upstream_model", String(200), nullable=False),
    Column("dialect", String(30), nullable=False),  # the provider's
    Column("upstream_id", String(500), nullable=False),
    Column("remixed_from", BigInteger),
    Column("seconds", Float),
    Column("size", String(20)),
    Column("created_ms", BigInteger, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("error_code", String(60)),
    Column("error_message", String(600)),
    Column("completed_s", BigInteger),
    Column("expires_s", BigInteger),
    Index("ix_videos_user_id_id", "user_id", "id"),
)

# The idempotency keys of callers, as digests, and what was answered. `request` is the digest of what was asked; a key
# whose call runs is let go when its process, `boot`, is dead.
claims = Table(
    "claims",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("request", LargeBinary(32), nullable=False),
    Column("call_id", BigInteger, nullable=False),
    Column("boot", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("head", Text),
    Column("media_type", String(100)),
    Column("answer", LargeBinary),  # packed and sealed
    Column("size", Integer, nullable=False),
)

# One row per call, on the hot path: each further index costs more than the row itself.
# What a call points at is kept by id alone, without a foreign key: its record outlives the rest.
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
    Column("cache_write_5m_tokens", Integer),
    Column("cache_write_1h_tokens", Integer),
    Column("audio_input_tokens", Integer),
    Column("audio_output_tokens", Integer),
    Column("images", Integer),
    Column("seconds", Float),
    Column("tool_calls", Integer),
    Column("tier", String(40)),
    Column("dialect", String(30)),  # the caller's
    Column("upstream_dialect", String(30)),
    Column("dropped", String(1000)),  # as x-hub-dropped says it
    Column("credits", BigInteger),  # nano-credits; NULL is a call that had no price
    Index("ix_calls_user_id_id", "user_id", "id"),
    Index(
        "ix_calls_processing",
        "id",
        sqlite_where=text("status = 'processing'"),
        postgresql_where=text("status = 'processing'"),
    ),
)

# The attempts of a call, when it had several or failed: else its own row says it all.
attempts = Table(
    "attempts",
    metadata,
    Column("call_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("provider_id", BigInteger, nullable=False),
    Column("credential_id", BigInteger, nullable=False),
    Column("upstream_model", String(200), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("status", Integer),
    Column("started_ms", BigInteger, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("error", String(300)),
)
