"""Access keys over the API live here: a person's own, and everybody's for owners and admins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field, field_validator

from aigne_hub.access import store
from aigne_hub.access.delegation import checked_role, refuse_foreign, refuse_wider
from aigne_hub.access.identity import ALL_SCOPES, Key, KeyId, Limits, Means, Network, Rights, Role, Scope, User, UserId
from aigne_hub.access.keys import DEFAULT_OVERLAP_S, read_networks
from aigne_hub.api.callers import InHouse, KeyKeeper, Read, Visit, Write
from aigne_hub.api.shapes import Shape, Strict, iso
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import NotAllowed
from aigne_hub.base.hangup import ALLOWED, read_drain, shown_drain
from aigne_hub.db.engine import Conn
from aigne_hub.house import House

router = APIRouter()

KeyInPath = Annotated[str, Path(alias="id", max_length=20)]
_Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]


class KeyRights(Strict):
    """What narrows a key; null does not."""

    scopes: Annotated[list[Scope], Field(min_length=1)] | None = None
    models: Annotated[list[str], Field(min_length=1, max_length=100)] | None = None
    addresses: Annotated[list[str], Field(min_length=1, max_length=100)] | None = None
    requests_per_minute: _Limit | None = None
    tokens_per_minute: _Limit | None = None
    concurrency: _Limit | None = None
    strict: bool | None = None
    on_hangup: Annotated[str, Field(max_length=12, description=f"When its caller hangs up: {ALLOWED}.")] | None = None

    @field_validator("on_hangup")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        return None if text is None else shown_drain(read_drain(text))

    def over(self, old: Rights) -> Rights:
        """The rights with the fields that were given put in place of the old ones."""
        given, limits = self.model_fields_set, old.limits or Limits()
        new = Limits(
            self.requests_per_minute if "requests_per_minute" in given else limits.requests_per_minute,
            self.tokens_per_minute if "tokens_per_minute" in given else limits.tokens_per_minute,
            self.concurrency if "concurrency" in given else limits.concurrency,
        )
        return Rights(
            scopes=_scopes(self.scopes) if "scopes" in given else old.scopes,
            models=_models(self.models) if "models" in given else old.models,
            networks=_networks(self.addresses) if "addresses" in given else old.networks,
            limits=new if new.is_any else None,
            is_strict=bool(self.strict) if "strict" in given else old.is_strict,
            drain_s=_drain(self.on_hangup) if "on_hangup" in given else old.drain_s,
        )


class NewAccessKey(KeyRights):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    user_id: str | None = None
    role: Role | None = None
    expires_in_s: Annotated[int, Field(ge=1, le=10 * 366 * 86_400)] | None = None


class KeyChange(KeyRights):
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Rotation(Strict):
    overlap_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = DEFAULT_OVERLAP_S


class ShownKey(Shape):
    id: str
    user_id: str
    user_name: str
    name: str
    role: Role
    prefix: str
    hint: str
    scopes: list[Scope] | None
    models: list[str] | None
    addresses: list[str] | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrency: int | None
    strict: bool
    on_hangup: str | None
    created_at: str | None
    created_via: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    last_used_address: str | None
    previous_hint: str | None
    previous_until: str | None
    is_mine: bool


class ShownNewKey(ShownKey):
    """The only answers with a secret: of a key just made, or rotated."""

    key: str


class KeyPage(Shape):
    list: list[ShownKey]
    next: str | None


@router.get("")
async def list_keys(
    by: KeyKeeper,
    house: InHouse,
    conn: Read,
    owner: Annotated[str, Query(max_length=20)] = "me",
    status: Literal["live", "all"] = "live",
    after: Annotated[str, Query(max_length=20)] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> KeyPage:
    """Keys from the newest on: `owner` is `me`, `all` or a user's id; the last two are for owners and admins."""
    user_id = by.caller.user.id if owner == "me" else None
    if owner not in ("me", str(by.caller.user.id)):
        _refuse_unless_managing(by)
        user_id = None if owner == "all" else UserId(as_id(owner, "User"))
    found = await store.page_of_keys(
        conn,
        before=None if after is None else as_id(after, "Key"),
        limit=limit + 1,
        user_id=user_id,
        is_live_at=house.clock.now_ms() if status == "live" else None,
    )
    page = found[:limit]
    holders = await _holders(conn, {key.user_id for key in page})
    return KeyPage(
        list=[ShownKey.model_validate(_fields(key, holders[key.user_id], by)) for key in page],
        next=str(page[-1].id) if len(found) > limit else None,
    )


@router.post("", status_code=201)
async def create_key(body: NewAccessKey, by: KeyKeeper, house: InHouse, conn: Write) -> ShownNewKey:
    """Make a key; its secret is in this answer and nowhere else."""
    holder = await _holder_of_new(body, by, house, conn)
    role, rights = checked_role(by.caller, holder, body.role), body.over(_start(by))
    refuse_wider(by.caller, role, rights)
    made = await house.keys.create(
        conn,
        by.actor,
        holder.id,
        body.name,
        role=role,
        rights=rights,
        expires_in_s=await _life(body.expires_in_s, by, house, conn),
        via="console" if by.caller.means is Means.session else "api",
    )
    return ShownNewKey.model_validate({**_fields(made.key, holder, by), "key": made.secret})


@router.get("/{id}")
async def read_key(key_id: KeyInPath, by: KeyKeeper, house: InHouse, conn: Read) -> ShownKey:
    key, holder = await _find(key_id, by, house, conn)
    return ShownKey.model_validate(_fields(key, holder, by))


@router.patch("/{id}")
async def change_key(key_id: KeyInPath, body: KeyChange, by: KeyKeeper, house: InHouse, conn: Write) -> ShownKey:
    """Change the fields that are given; null takes a narrowing away."""
    key, holder = await _find(key_id, by, house, conn)
    rights = body.over(key.rights)
    refuse_wider(by.caller, key.role, key.rights)
    refuse_wider(by.caller, key.role, rights)
    changed = await house.keys.change(conn, by.actor, key.id, name=body.name, rights=rights)
    return ShownKey.model_validate(_fields(changed, holder, by))


@router.post("/{id}/rotate")
async def rotate_key(
    key_id: KeyInPath, by: KeyKeeper, house: InHouse, conn: Write, body: Rotation | None = None
) -> ShownNewKey:
    """Give a key another secret. Who may not have what the key has may not learn its secret either."""
    key, holder = await _find(key_id, by, house, conn)
    refuse_wider(by.caller, key.role, key.rights)
    made = await house.keys.rotate(conn, by.actor, key.id, overlap_s=(body or Rotation()).overlap_s)
    return ShownNewKey.model_validate({**_fields(made.key, holder, by), "key": made.secret})


@router.delete("/{id}")
async def revoke_key(key_id: KeyInPath, by: KeyKeeper, house: InHouse, conn: Write) -> ShownKey:
    """End a key for good; every worker follows within a second."""
    key, holder = await _find(key_id, by, house, conn)
    return ShownKey.model_validate(_fields(await house.keys.revoke(conn, by.actor, key.id), holder, by))


async def _find(key_id: str, by: Visit, house: House, conn: Conn) -> tuple[Key, User]:
    key = await house.keys.find(conn, KeyId(as_id(key_id, "Key")))
    holder = await house.users.find(conn, key.user_id)
    refuse_foreign(by.caller, key, holder)
    if key.user_id != by.caller.user.id:
        by.caller.require(Scope.admin)
    return key, holder


async def _holder_of_new(body: NewAccessKey, by: Visit, house: House, conn: Conn) -> User:
    if body.user_id is None or body.user_id == str(by.caller.user.id):
        return by.caller.user
    _refuse_unless_managing(by)
    return await house.users.find(conn, UserId(as_id(body.user_id, "User")))


async def _life(wanted_s: int | None, by: Visit, house: House, conn: Conn) -> int | None:
    """How long a new key lives: made with a key that ends, not beyond that end."""
    if by.caller.means is not Means.key:
        return wanted_s
    maker = await house.keys.find(conn, KeyId(by.caller.means_id))
    if maker.expires_ms is None:
        return wanted_s
    left_s = max(1, (maker.expires_ms - house.clock.now_ms()) // 1000)
    return left_s if wanted_s is None else min(wanted_s, left_s)


def _start(by: Visit) -> Rights:
    """What a key has of which nothing was said: what its maker has."""
    return by.caller.rights


def _refuse_unless_managing(by: Visit) -> None:
    if not by.caller.role.manages:
        raise NotAllowed("only owners and admins manage the keys of others", refused_as="access.refuse")
    by.caller.require(Scope.admin)


async def _holders(conn: Conn, wanted: Collection[UserId]) -> dict[UserId, User]:
    return {user.id: user for user in await store.users_by_id(conn, wanted)}


def _scopes(scopes: list[Scope] | None) -> frozenset[Scope]:
    return ALL_SCOPES if scopes is None else frozenset(scopes)


def _models(models: list[str] | None) -> tuple[str, ...] | None:
    return None if models is None else tuple(models)


def _networks(addresses: list[str] | None) -> tuple[Network, ...] | None:
    return None if addresses is None else read_networks(addresses)


def _drain(text: str | None) -> float | None:
    return None if text is None else read_drain(text)


def _fields(key: Key, holder: User, by: Visit) -> dict[str, object]:
    rights, limits = key.rights, key.rights.limits or Limits()
    return {
        "id": str(key.id),
        "user_id": str(key.user_id),
        "user_name": holder.name,
        "name": key.name,
        "role": key.role,
        "prefix": key.prefix,
        "hint": key.hint,
        "scopes": None if rights.scopes == ALL_SCOPES else sorted(rights.scopes),
        "models": None if rights.models is None else list(rights.models),
        "addresses": None if rights.networks is None else [str(one) for one in rights.networks],
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "concurrency": limits.concurrency,
        "strict": rights.is_strict,
        "on_hangup": None if rights.drain_s is None else shown_drain(rights.drain_s),
        "created_at": iso(key.created_ms),
        "created_via": key.created_via,
        "expires_at": iso(key.expires_ms),
        "revoked_at": iso(key.revoked_ms),
        "last_used_at": iso(key.last_used_ms),
        "last_used_address": key.last_used_address,
        "previous_hint": key.previous_hint,
        "previous_until": iso(key.previous_until_ms),
        "is_mine": key.user_id == by.caller.user.id,
    }
