"""What an issuer's claims say of a person is read here; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aigne_hub.access.identity import Role
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.access.users import checked_email
from aigne_hub.base.errors import BadRequest, NotAllowed

Claims = Mapping[str, object]

_LONGEST_SUBJECT = 255  # OpenID Connect Core section 2
_LONGEST_NAME = 100
_REFUSED_AS = "sign_in.sso"


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is at an issuer; `role` is None when the issuer says nothing of roles."""

    subject: str
    name: str
    email: str | None
    role: Role | None


def read_person(issuer: Issuer, claims: Claims) -> Person:
    """Raises NotAllowed for somebody whom this hub does not take from the issuer."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise _refused("sso_failed", "the issuer did not say who this is", issuer)
    email = _email(issuer, claims)
    if issuer.domains and (email is None or email.rpartition("@")[2] not in issuer.domains):
        raise _refused("sso_domain", "this e-mail address is not of a domain that may sign in here", issuer)
    return Person(subject, _name(claims, email), email, mapped_role(issuer, claims))


def mapped_role(issuer: Issuer, claims: Claims) -> Role | None:
    """The highest role that the values of the role claim stand for, else the default; None without a role claim.

    The claim is a text or a list of texts; `realm_access.roles` leads into an object.
    """
    if issuer.role_claim is None:
        return None
    found: object = claims.get(issuer.role_claim)
    if found is None:
        found = claims
        for part in issuer.role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    roles = [issuer.role_map[value] for value in values if isinstance(value, str) and value in issuer.role_map]
    return max(roles, key=lambda role: role.rank, default=issuer.default_role)


def role_after(issuer: Issuer, current: Role, claimed: Role | None) -> Role:
    """The role of somebody we know, at another sign-in.

    An issuer whose map names no owner neither makes owners nor unmakes them.
    """
    if claimed is None or (current is Role.owner and Role.owner not in issuer.role_map.values()):
        return current
    return claimed


def _email(issuer: Issuer, claims: Claims) -> str | None:
    told = claims.get("email")
    if not isinstance(told, str) or not told:
        return None
    # Some issuers write the flag as a text.
    if claims.get("email_verified") in (False, "false"):
        raise _refused("sso_email", "the issuer has not verified this e-mail address", issuer)
    try:
        return checked_email(told)
    except BadRequest:
        return None


def _name(claims: Claims, email: str | None) -> str:
    for claim in ("name", "preferred_username", "nickname"):
        told = claims.get(claim)
        if isinstance(told, str):
            visible = "".join(one for one in told if one.isprintable()).strip()[:_LONGEST_NAME].strip()
            if visible:
                return visible
    return email.partition("@")[0][:_LONGEST_NAME] if email else "Unnamed"


def _refused(code: str, message: str, issuer: Issuer) -> NotAllowed:
    return NotAllowed(message, code=code, refused_as=_REFUSED_AS, about=("sso_issuer", str(issuer.id)))
