"""Who may call: sign-in, OAuth 2.0, keys whole, single sign-on, preferences and the audit journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit()
    _preferences()
    _sso_issuers()
    _tickets()
    _trusted_issuers()
    _apps()
    _identities()
    _oauth_clients()
    _passkeys()
    _sessions()
    _authorizations()
    _connects()
    _device_requests()
    _tokens()
    _keys_columns()
    _users_columns()
    versions = sa.table("versions", sa.column("name"), sa.column("version"))
    op.bulk_insert(versions, [{"name": "audit", "version": 0}])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", Id, autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=254), nullable=True),
        sa.Column("means", sa.String(length=10), nullable=True),
        sa.Column("means_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("target_kind", sa.String(length=20), nullable=True),
        sa.Column("target_id", sa.String(length=64), nullable=True),
        sa.Column("target_name", sa.String(length=254), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at_ms"), "audit", ["at_ms"], unique=False)


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_preferences")),
    )


def _sso_issuers() -> None:
    op.create_table(
        "sso_issuers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("role_claim", sa.String(length=100), nullable=True),
        sa.Column("role_map", sa.Text(), nullable=False),
        sa.Column("default_role", sa.String(length=20), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_issuers")),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("digest", name=op.f("uq_tickets_digest")),
    )
    op.create_index(op.f("ix_tickets_expires_ms"), "tickets", ["expires_ms"], unique=False)


def _trusted_issuers() -> None:
    op.create_table(
        "trusted_issuers",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("audience", sa.String(length=500), nullable=False),
        sa.Column("jwks_url", sa.String(length=500), nullable=True),
        sa.Column("algorithms", sa.Text(), nullable=False),
        sa.Column("subject_claim", sa.String(length=100), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_issuers")),
        sa.UniqueConstraint("url", name=op.f("uq_trusted_issuers_url")),
    )


def _apps() -> None:
    op.create_table(
        "apps",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_apps_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
    )


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("issuer_id", Id, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["sso_issuers.id"], name=op.f("fk_identities_issuer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer_id", "subject", name=op.f("uq_identities_issuer_id_subject")),
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"], unique=False)


def _oauth_clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("secret_hint", sa.String(length=4), nullable=True),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("service_account_id", Id, nullable=True),
        sa.Column("is_dynamic", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("disabled_ms", sa.BigInteger(), nullable=True),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["service_account_id"], ["users.id"], name=op.f("fk_oauth_clients_service_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_clients_client_id")),
    )


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False)


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index(op.f("ix_sessions_expires_ms"), "sessions", ["expires_ms"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _authorizations() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("client_row", Id, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_used_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row"], ["oauth_clients.id"], name=op.f("fk_authorizations_client_row"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_authorizations_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
    )
    op.create_index(op.f("ix_authorizations_user_id"), "authorizations", ["user_id"], unique=False)


def _connects() -> None:
    op.create_table(
        "connects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.String(length=64), nullable=False),
        sa.Column("key_id", Id, nullable=True),
        sa.Column("key_expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_connects_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connects")),
    )
    op.create_index(op.f("ix_connects_expires_ms"), "connects", ["expires_ms"], unique=False)


def _device_requests() -> None:
    op.create_table(
        "device_requests",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("client_row", Id, nullable=False),
        sa.Column("device_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("polled_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_row"], ["oauth_clients.id"], name=op.f("fk_device_requests_client_row"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_device_requests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_requests")),
        sa.UniqueConstraint("device_digest", name=op.f("uq_device_requests_device_digest")),
        sa.UniqueConstraint("user_digest", name=op.f("uq_device_requests_user_digest")),
    )
    op.create_index(op.f("ix_device_requests_expires_ms"), "device_requests", ["expires_ms"], unique=False)


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("authorization_id", Id, nullable=False),
        sa.Column("family_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authorization_id"], ["authorizations.id"], name=op.f("fk_tokens_authorization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_authorization_id"), "tokens", ["authorization_id"], unique=False)
    op.create_index(op.f("ix_tokens_expires_ms"), "tokens", ["expires_ms"], unique=False)
    op.create_index(op.f("ix_tokens_family_id"), "tokens", ["family_id"], unique=False)
    op.create_index(op.f("ix_tokens_version"), "tokens", ["version"], unique=False)


def _keys_columns() -> None:
    op.add_column("keys", sa.Column("prefix", sa.String(length=20), server_default="blocklet-", nullable=False))
    op.add_column("keys", sa.Column("previous_digest", sa.LargeBinary(length=32), nullable=True))
    op.add_column("keys", sa.Column("previous_hint", sa.String(length=4), nullable=True))
    op.add_column("keys", sa.Column("previous_until_ms", sa.BigInteger(), nullable=True))
    op.add_column("keys", sa.Column("scopes", sa.Text(), nullable=True))
    op.add_column("keys", sa.Column("models", sa.Text(), nullable=True))
    op.add_column("keys", sa.Column("addresses", sa.Text(), nullable=True))
    op.add_column("keys", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("tokens_per_minute", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("concurrency", sa.Integer(), nullable=True))
    op.add_column("keys", sa.Column("created_via", sa.String(length=10), server_default="cli", nullable=False))
    op.add_column("keys", sa.Column("last_used_address", sa.String(length=45), nullable=True))
    op.create_index("uq_keys_previous_digest", "keys", ["previous_digest"], unique=True)


def _users_columns() -> None:
    op.add_column("users", sa.Column("kind", sa.String(length=10), server_default="person", nullable=False))
    op.add_column("users", sa.Column("password_hash", sa.String(length=200), nullable=True))
    op.add_column("users", sa.Column("last_sign_in_ms", sa.BigInteger(), nullable=True))
