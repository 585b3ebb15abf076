"""Adding, changing and removing the OpenID providers at which people sign in lives here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from aigne_hub.access.identity import Role
from aigne_hub.access.owners import refuse_lockout
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.access.users import checked_name
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotAllowed, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn

DEFAULT_SCOPES = ("openid", "email", "profile")
_MOST = 50
_LONGEST_URL = 500
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")  # RFC 6749 section 3.3
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class IssuerDraft:
    """What an operator says of an issuer; None leaves it as it is, or takes the default.

    `role_claim` empty maps no roles, `secret` empty keeps the old one.
    """

    name: str | None = None
    url: str | None = None
    client_id: str | None = None
    secret: str | None = None
    scopes: tuple[str, ...] | None = None
    role_claim: str | None = None
    role_map: dict[str, Role] | None = None
    default_role: Role | None = None
    domains: tuple[str, ...] | None = None
    is_enabled: bool | None = None

    def __repr__(self) -> str:
        return f"IssuerDraft(name={self.name!r}, url={self.url!r})"


class IssuerBook:
    """Keeps the issuers; each function is one step of its caller's transaction, noted in the journal.

    Whoever decides what an issuer's claims mean decides who owns the hub: an issuer that makes owners is
    changed by owners only, and none changes its address once it has told us who somebody is.
    """

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def add(self, conn: Conn, by: Actor, role: Role, draft: IssuerDraft) -> Issuer:
        """`role` is that of whoever adds it. Raises BadRequest, NotAllowed, or Conflict when there are too many."""
        if len(await store.list_issuers(conn)) >= _MOST:
            raise Conflict(f"there are {_MOST} issuers already: remove one first")
        blank = Issuer(
            id=self._ids.new(),
            name="",
            url="",
            client_id="",
            scopes=DEFAULT_SCOPES,
            role_claim=None,
            role_map={},
            default_role=Role.member,
            domains=(),
            is_enabled=True,
            created_ms=self._clock.now_ms(),
        )
        issuer = self._with(blank, draft)
        _refuse_above(role, issuer)
        await store.add_issuer(conn, issuer)
        await self._journal.note(conn, by, "sso_issuer.create", _target(issuer), after=_facts(issuer))
        return issuer

    async def change(self, conn: Conn, by: Actor, role: Role, issuer_id: int, draft: IssuerDraft) -> Issuer:
        """Raises NotFound, BadRequest, NotAllowed; Conflict when people would be locked out, or could be mistaken."""
        old = await self.find(conn, issuer_id)
        new = self._with(old, draft)
        _refuse_above(role, old)
        _refuse_above(role, new)
        if new.url != old.url and await store.count_identities(conn, old.id):
            raise Conflict(
                "people sign in there already: add the other address as another issuer",
                code="issuer_in_use",
                param="url",
            )
        if new == old:
            return old
        await store.change_issuer(conn, new)
        await refuse_lockout(conn)
        await self._journal.note(
            conn, by, "sso_issuer.change", _target(new), before=_facts(old),
            after={**_facts(new), "has_new_secret": new.sealed_secret != old.sealed_secret},
        )  # fmt: skip
        return new

    async def remove(self, conn: Conn, by: Actor, role: Role, issuer_id: int) -> None:
        """Remove an issuer with all its identities."""
        old = await self.find(conn, issuer_id)
        _refuse_above(role, old)
        lost = await store.count_identities(conn, old.id)
        await store.remove_issuer(conn, old.id)
        await refuse_lockout(conn)
        await self._journal.note(
            conn, by, "sso_issuer.remove", _target(old), before={**_facts(old), "identities": lost}
        )

    async def find(self, conn: Conn, issuer_id: int) -> Issuer:
        found = await store.find_issuer(conn, issuer_id)
        if found is None:
            raise NotFound("there is no such issuer")
        return found

    def secret_of(self, issuer: Issuer) -> str | None:
        """The client's secret at the issuer; None for a public client. Raises BadRequest when it cannot be read."""
        if issuer.sealed_secret is None:
            return None
        try:
            return self._vault.open(issuer.sealed_secret, place=_place(issuer.id)).decode()
        except Unreadable as error:
            raise BadRequest(
                "the client secret cannot be read with this hub's master key: enter it again", code="unreadable"
            ) from error

    def _with(self, old: Issuer, draft: IssuerDraft) -> Issuer:
        new = replace(
            old,
            name=old.name if draft.name is None else checked_name(draft.name),
            url=old.url if draft.url is None else checked_issuer_url(draft.url),
            client_id=old.client_id if draft.client_id is None else _checked_client_id(draft.client_id),
            scopes=old.scopes if draft.scopes is None else _checked_scopes(draft.scopes),
            role_claim=old.role_claim if draft.role_claim is None else draft.role_claim.strip() or None,
            role_map=old.role_map if draft.role_map is None else draft.role_map,
            default_role=old.default_role if draft.default_role is None else draft.default_role,
            domains=old.domains if draft.domains is None else _checked_domains(draft.domains),
            is_enabled=old.is_enabled if draft.is_enabled is None else draft.is_enabled,
        )
        if new.default_role is Role.owner:
            raise BadRequest("not everybody of an issuer can be an owner", param="defaultRole")
        if draft.secret:
            new = replace(new, sealed_secret=self._vault.seal(draft.secret.encode(), place=_place(old.id)))
        return new


def checked_issuer_url(url: str) -> str:
    """An issuer's address: https, or http on this machine. Raises BadRequest."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_readable = bool(parts.hostname) and len(url) <= _LONGEST_URL and url.isascii() and url.isprintable()
    except ValueError:
        is_readable = False
    if not is_readable or parts.query or parts.fragment or parts.username is not None or " " in url:
        raise BadRequest("give the issuer's address, such as https://login.example.com", param="url")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname or "")):
        raise BadRequest("an issuer is reached by https", param="url")
    return url


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_client_id(client_id: str) -> str:
    client_id = client_id.strip()
    if not 1 <= len(client_id) <= 200 or not client_id.isprintable():
        raise BadRequest("a client id has 1 to 200 visible characters", param="clientId")
    return client_id


def _checked_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_SCOPE.fullmatch(one) for one in scopes):
        raise BadRequest("a scope is a word without spaces", param="scopes")
    return tuple(dict.fromkeys(("openid", *scopes)))


def _checked_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    read = tuple(dict.fromkeys(one.strip().lower().removeprefix("@") for one in domains))
    if not all(_DOMAIN.fullmatch(one) for one in read):
        raise BadRequest("a domain looks like example.com", param="domains")
    return read


def _refuse_above(role: Role, issuer: Issuer) -> None:
    highest = max((one.rank for one in (*issuer.role_map.values(), issuer.default_role)), default=0)
    if highest > role.rank:
        raise NotAllowed(
            "this issuer gives a role above your own",
            refused_as="sso_issuer.change",
            about=("sso_issuer", str(issuer.id)),
        )


def _place(issuer_id: int) -> str:
    return f"sso_issuers.sealed_secret:{issuer_id}"


def _target(issuer: Issuer) -> Target:
    return Target("sso_issuer", str(issuer.id), issuer.name)


def _facts(issuer: Issuer) -> Facts:
    return {
        "name": issuer.name,
        "url": issuer.url,
        "client_id": issuer.client_id,
        "scopes": list(issuer.scopes),
        "role_claim": issuer.role_claim,
        "role_map": issuer.role_map,
        "default_role": issuer.default_role,
        "domains": list(issuer.domains),
        "is_enabled": issuer.is_enabled,
    }
