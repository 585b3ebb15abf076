"""The clients of OAuth live here: making, changing and ending them, and knowing them by their secret."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Scope, User, UserId, UserKind
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.errors import invalid_client, invalid_request, unauthorized_client
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant, NewClient, TokenKind
from aigne_hub.access.oauth.redirects import checked_redirects
from aigne_hub.access.users import checked_name
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import CLIENT_PREFIX, CLIENT_SECRET_PREFIX, IdSource
from aigne_hub.db.engine import Conn

_LONGEST_SECRET = 200
_BY_PERSON = frozenset({Grant.authorization_code, Grant.device_code})


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """What a client is to be."""

    name: str
    is_public: bool
    redirect_uris: tuple[str, ...] = ()
    grants: frozenset[Grant] = frozenset({Grant.authorization_code, Grant.refresh_token})
    scopes: frozenset[Scope] = frozenset()
    service_account_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class ClientProof:
    """What a client shows of itself (RFC 6749 section 2.3)."""

    client_id: str
    secret: str | None = field(repr=False)

    @classmethod
    def read(cls, authorization: str | None, asked: Parameters) -> ClientProof:
        """From the header (client_secret_basic) or the body (client_secret_post). Raises OAuthError for both."""
        named, secret = asked.get("client_id"), asked.get("client_secret")
        if authorization is None:
            if named is None:
                raise invalid_client("no client is named")
            return cls(named, secret)
        if secret is not None:
            raise invalid_request("the client authenticates in two ways at once")
        proof = cls._from_header(authorization)
        if named not in (None, proof.client_id):
            raise invalid_request("the header and the body name different clients")
        return proof

    @classmethod
    def _from_header(cls, authorization: str) -> ClientProof:
        scheme, _, value = authorization.partition(" ")
        try:
            text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except ValueError:
            text = ""
        client_id, colon, secret = text.partition(":")
        if scheme.lower() != "basic" or not colon:
            raise invalid_client("the Authorization header does not hold a client's id and secret")
        return cls(unquote_plus(client_id), unquote_plus(secret))


class Clients:
    """Each function is one step of its caller's transaction; changes are noted in the journal."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def create(self, conn: Conn, by: Actor, draft: ClientDraft, *, is_dynamic: bool = False) -> NewClient:
        """Raises BadRequest for what a client cannot be."""
        secret = None if draft.is_public else _new_secret()
        client = Client(
            id=self._ids.new(),
            client_id=CLIENT_PREFIX + secrets.token_hex(12),
            name=checked_name(draft.name),
            is_public=draft.is_public,
            secret_digest=None if secret is None else self._digest(secret),
            secret_hint=None if secret is None else secret[-4:],
            redirect_uris=checked_redirects(draft.redirect_uris),
            grants=draft.grants,
            scopes=draft.scopes,
            service_account_id=draft.service_account_id,
            is_dynamic=is_dynamic,
            created_ms=self._clock.now_ms(),
        )
        await self._check(conn, client)
        await store.add_client(conn, client)
        await self._journal.note(conn, by, "client.create", client_target(client), after=_facts(client))
        return NewClient(client, secret)

    async def change(
        self,
        conn: Conn,
        by: Actor,
        row_id: int,
        *,
        name: str | None = None,
        redirect_uris: Sequence[str] | None = None,
        grants: frozenset[Grant] | None = None,
        scopes: frozenset[Scope] | None = None,
        service_account_id: UserId | None = None,
        is_disabled: bool | None = None,
    ) -> Client:
        """Change what is not None. Tokens that would be more than the client may now are ended."""
        await store.hold(conn)
        old = await self.find(conn, row_id)
        grants = old.grants if grants is None else grants
        account = old.service_account_id if service_account_id is None else service_account_id
        new = replace(
            old,
            name=old.name if name is None else checked_name(name),
            redirect_uris=old.redirect_uris if redirect_uris is None else checked_redirects(redirect_uris),
            grants=grants,
            scopes=old.scopes if scopes is None else scopes,
            service_account_id=account if Grant.client_credentials in grants else None,
        )
        if is_disabled is not None and is_disabled is old.is_live:
            new = replace(new, disabled_ms=self._clock.now_ms() if is_disabled else None)
        if new == old:
            return old
        await self._check(conn, new)
        await store.change_client(conn, new)
        await self._end_excess(conn, old, new)
        await self._journal.note(conn, by, "client.change", client_target(new), before=_facts(old), after=_facts(new))
        return new

    async def rotate_secret(self, conn: Conn, by: Actor, row_id: int) -> NewClient:
        """Give a client another secret; the one before ends at once. Raises Conflict for a public client."""
        await store.hold(conn)
        old = await self.find(conn, row_id)
        if old.is_public:
            raise Conflict("a public client has no secret", code="client_public")
        secret = _new_secret()
        new = replace(old, secret_digest=self._digest(secret), secret_hint=secret[-4:])
        await store.change_client(conn, new)
        await self._journal.note(
            conn,
            by,
            "client.rotate_secret",
            client_target(new),
            before={"hint": old.secret_hint},
            after={"hint": new.secret_hint},
        )
        return NewClient(new, secret)

    async def remove(self, conn: Conn, by: Actor, row_id: int) -> Client:
        """End a client for good, with its tokens and all that people allowed it."""
        await store.hold(conn)
        old, now_ms = await self.find(conn, row_id), self._clock.now_ms()
        await store.change_client(conn, replace(old, removed_ms=now_ms))
        await store.end_authorizations(conn, old.id, now_ms)
        ended = await store.revoke_of_client(conn, old.id, now_ms)
        await self._journal.note(
            conn, by, "client.remove", client_target(old), before=_facts(old), after={"tokens_ended": ended}
        )
        return old

    async def find(self, conn: Conn, row_id: int) -> Client:
        client = await store.find_client(conn, row_id)
        if client is None or client.removed_ms is not None:
            raise NotFound("there is no such client")
        return client

    async def authenticate(self, conn: Conn, proof: ClientProof) -> Client:
        """The live client that shows `proof`; a public one only names itself. Raises OAuthError invalid_client."""
        refusal = invalid_client(client_id=proof.client_id)
        if len(proof.secret or "") > _LONGEST_SECRET:
            raise refusal
        client = await store.find_client_by_name(conn, proof.client_id)
        if client is None or not client.is_live:
            raise refusal
        if client.is_public:
            if proof.secret is not None:
                raise refusal
        elif proof.secret is None or not self._is_secret_of(client, proof.secret):
            raise refusal
        return client

    async def still(self, conn: Conn, client: Client) -> Client:
        """The client as it is now. Raises OAuthError when it was switched off meanwhile."""
        found = await store.find_client(conn, client.id)
        if found is None or not found.is_live:
            raise invalid_client(client_id=client.client_id)
        return found

    def _is_secret_of(self, client: Client, secret: str) -> bool:
        return hmac.compare_digest(client.secret_digest or b"", self._digest(secret))

    async def _end_excess(self, conn: Conn, old: Client, new: Client) -> None:
        now_ms = self._clock.now_ms()
        if not new.is_live or old.service_account_id != new.service_account_id or not old.grants <= new.grants:
            await store.revoke_of_client(conn, new.id, now_ms)
        elif not old.scopes <= new.scopes:  # a refresh gives what is still allowed
            await store.revoke_of_client(conn, new.id, now_ms, kind=TokenKind.access)

    async def _check(self, conn: Conn, client: Client) -> None:
        if not client.grants:
            raise BadRequest("a client needs at least one grant", param="grants")
        if not client.scopes:
            raise BadRequest("a client needs at least one scope", param="scopes")
        if Grant.authorization_code in client.grants and not client.redirect_uris:
            raise BadRequest("the grant authorization_code needs a redirect URI", param="redirectUris")
        if Grant.refresh_token in client.grants and not client.grants & _BY_PERSON:
            raise BadRequest("refresh_token goes with a grant that a person gives", param="grants")
        if Grant.client_credentials not in client.grants:
            if client.service_account_id is not None:
                raise BadRequest("a service account goes with client_credentials", param="serviceAccountId")
            return
        if client.is_public:
            raise BadRequest("a public client has no credentials to get a token with", param="grants")
        await self._service_account(conn, client.service_account_id)

    async def _service_account(self, conn: Conn, user_id: UserId | None) -> User:
        user = None if user_id is None else await user_store.find_user(conn, user_id)
        if user is None or user.kind is not UserKind.service:
            raise BadRequest("client_credentials needs a service account to act as", param="serviceAccountId")
        return user

    def _digest(self, secret: str) -> bytes:
        return self._vault.digest(f"client secret {secret}")


def client_target(client: Client) -> Target:
    return Target("client", str(client.id), client.name)


def client_actor(client: Client, asking: Actor) -> Actor:
    """How the journal names a client that has shown who it is."""
    return Actor("client", client.id, client.name, address=asking.address, request_id=asking.request_id)


def refuse_other_grant(client: Client, grant: Grant) -> None:
    """Raises OAuthError unauthorized_client for a grant that the client was not registered for."""
    if grant not in client.grants:
        raise unauthorized_client(f"this client may not use the grant {grant}", client_id=str(client.id))


def _new_secret() -> str:
    return CLIENT_SECRET_PREFIX + secrets.token_urlsafe(32)


def _facts(client: Client) -> Facts:
    return {
        "name": client.name,
        "client_id": client.client_id,
        "is_public": client.is_public,
        "redirect_uris": list(client.redirect_uris),
        "grants": sorted(client.grants),
        "scopes": sorted(client.scopes),
        "service_account": None if client.service_account_id is None else str(client.service_account_id),
        "is_dynamic": client.is_dynamic,
        "is_disabled": client.disabled_ms is not None,
    }
