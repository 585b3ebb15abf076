"""That nobody hands on more than they have lives here: what a maker gives a key is part of what the maker may."""

from __future__ import annotations

from aigne_hub.access.identity import Caller, Key, Limits, Rights, Role, User
from aigne_hub.base.errors import BadRequest, NotAllowed, NotFound


def refuse_wider(maker: Caller, role: Role, rights: Rights) -> None:
    """Raises NotAllowed, naming the field, unless `role` and `rights` are part of the maker's own.

    A person at the console has no rights but those of the role, so only the role bounds what they give.
    """
    if role.rank > maker.role.rank:
        raise _refusal(f"you are {maker.role}: a key of yours cannot be {role}", "role")
    own = maker.rights
    if not rights.scopes <= own.scopes:
        raise _refusal("this key would have scopes that yours lacks", "scopes")
    if own.models is not None and (rights.models is None or not set(rights.models) <= set(own.models)):
        raise _refusal("this key would call models that yours may not", "models")
    if own.networks is not None and not _is_inside(rights, own):
        raise _refusal("this key would work from addresses that yours does not", "addresses")
    if own.limits is not None and not _is_below(rights.limits, own.limits):
        raise _refusal("this key would be limited less than yours", "limits")
    if own.is_strict and not rights.is_strict:
        raise _refusal("this key would be less strict than yours", "strict")


def refuse_foreign(caller: Caller, key: Key, holder: User) -> None:
    """Whether a caller may do anything with a key: raises NotFound for one that is none of theirs."""
    if key.user_id != caller.user.id and not caller.role.manages:
        raise NotFound("there is no such key")
    if holder.role.rank > caller.role.rank and key.user_id != caller.user.id:
        raise NotAllowed("this key belongs to somebody with more rights than you", refused_as="key.refuse")


def checked_role(maker: Caller, holder: User, wanted: Role | None) -> Role:
    """The role of a new key: as wanted, by default the lower of its maker's and its holder's.

    Raises BadRequest when the holder's own role is lower than what is wanted.
    """
    highest = min(maker.role, holder.role, key=lambda role: role.rank)
    if wanted is None:
        return highest
    if wanted.rank > holder.role.rank:
        raise BadRequest(f"{holder.name} is {holder.role}: their key cannot be {wanted}", param="role")
    return wanted


def _is_inside(rights: Rights, own: Rights) -> bool:
    return rights.networks is not None and all(
        any(net.version == mine.version and net.subnet_of(mine) for mine in own.networks or ())  # type: ignore[arg-type]
        for net in rights.networks
    )


def _is_below(limits: Limits | None, own: Limits) -> bool:
    limits = limits or Limits()
    return all(
        mine is None or (theirs is not None and theirs <= mine)
        for theirs, mine in (
            (limits.requests_per_minute, own.requests_per_minute),
            (limits.tokens_per_minute, own.tokens_per_minute),
            (limits.concurrency, own.concurrency),
        )
    )


def _refusal(message: str, param: str) -> NotAllowed:
    return NotAllowed(message, code="wider_than_yours", param=param, refused_as="key.refuse")
