"""Adding, changing and removing trusted issuers lives here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, Scope, UserId
from aigne_hub.access.oauth.scopes import SELF_SERVICE
from aigne_hub.access.store import COUNTER
from aigne_hub.access.trust import store
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.access.users import checked_name
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Conflict, NotAllowed, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

# Signatures that only the issuer can make: with a symmetric one, whoever can check could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "EdDSA")
_MOST = 100
_MOST_SUBJECTS = 1000
_URL = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class IssuerDraft:
    """What an issuer is to be; of a change, None leaves a field as it is."""

    name: str | None = None
    url: str | None = None
    audience: str | None = None
    jwks_url: str | None = None
    algorithms: Sequence[str] | None = None
    subject_claim: str | None = None
    subjects: Mapping[str, UserId] | None = None
    scopes: frozenset[Scope] | None = None
    is_enabled: bool | None = None


class TrustedIssuers:
    """Each function is one step of its caller's transaction, noted in the journal.

    `highest` is the role of whoever acts: nobody lets an issuer speak for somebody above them.
    """

    def __init__(self, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def add(self, conn: Conn, by: Actor, draft: IssuerDraft, *, highest: Role) -> TrustedIssuer:
        """Raises BadRequest for what an issuer cannot be, Conflict for one that is there, NotAllowed by `highest`."""
        await hold(conn, COUNTER)
        issuer = _over(_new(self._ids.new(), self._clock.now_ms()), draft)
        if len(await store.list_all(conn)) >= _MOST:
            raise Conflict(f"there are {_MOST} trusted issuers already")
        await self._check(conn, issuer, highest)
        await store.add(conn, issuer, counter=COUNTER)
        await self._journal.note(conn, by, "trusted_issuer.create", issuer_target(issuer), after=_facts(issuer))
        return issuer

    async def change(
        self, conn: Conn, by: Actor, issuer_id: int, draft: IssuerDraft, *, highest: Role, forget_jwks: bool = False
    ) -> TrustedIssuer:
        """`forget_jwks` takes the address of its keys away, so that they are discovered.

        Whoever could not add it as it is to be may do no more than switch it off. Raises NotFound, and what `add` does.
        """
        await hold(conn, COUNTER)
        old = await self.find(conn, issuer_id)
        new = _over(old, draft)
        if forget_jwks:
            new = replace(new, jwks_url=None)
        if new == old:
            return old
        if new != replace(old, is_enabled=False):
            await self._check(conn, new, highest)
        await store.change(conn, new, counter=COUNTER)
        await self._journal.note(
            conn, by, "trusted_issuer.change", issuer_target(new), before=_facts(old), after=_facts(new)
        )
        return new

    async def remove(self, conn: Conn, by: Actor, issuer_id: int) -> None:
        """Trust an issuer no more; also one that speaks for somebody above who acts. Raises NotFound."""
        await hold(conn, COUNTER)
        old = await self.find(conn, issuer_id)
        await store.remove(conn, issuer_id, counter=COUNTER)
        await self._journal.note(conn, by, "trusted_issuer.remove", issuer_target(old), before=_facts(old))

    async def find(self, conn: Conn, issuer_id: int) -> TrustedIssuer:
        issuer = await store.find(conn, issuer_id)
        if issuer is None:
            raise NotFound("there is no such trusted issuer")
        return issuer

    async def _check(self, conn: Conn, issuer: TrustedIssuer, highest: Role) -> None:
        checked_name(issuer.name)
        _check_url(issuer.url, "url")
        if issuer.jwks_url is not None:
            _check_url(issuer.jwks_url, "jwksUrl")
        _check_text(issuer.audience, "audience", 500)
        _check_text(issuer.subject_claim, "subjectClaim", 100)
        if not issuer.algorithms or not set(issuer.algorithms) <= set(ALGORITHMS):
            raise BadRequest(f"algorithms are some of {', '.join(ALGORITHMS)}", param="algorithms")
        if not issuer.scopes:
            raise BadRequest("at least one scope is needed", param="scopes")
        if len(issuer.subjects) > _MOST_SUBJECTS:
            raise BadRequest(f"an issuer speaks for at most {_MOST_SUBJECTS} subjects", param="subjects")
        for subject in issuer.subjects:
            _check_text(subject, "subjects", 255)
        await self._check_users(conn, issuer, highest)
        same = await store.find_by_url(conn, issuer.url)
        if same is not None and same.id != issuer.id:
            raise Conflict("this issuer is trusted already", param="url")

    async def _check_users(self, conn: Conn, issuer: TrustedIssuer, highest: Role) -> None:
        wanted = set(issuer.subjects.values())
        users = {user.id: user for user in await user_store.users_by_id(conn, wanted)} if wanted else {}
        if users.keys() != wanted:
            raise BadRequest("there is no such user", param="subjects")
        if any(user.role.rank > highest.rank for user in users.values()):
            raise NotAllowed(
                "this issuer would speak for somebody with more rights than you",
                code="wider_than_yours",
                param="subjects",
                refused_as="trusted_issuer.refuse",
                about=("trusted_issuer", str(issuer.id)),
            )


def issuer_target(issuer: TrustedIssuer) -> Target:
    return Target("trusted_issuer", str(issuer.id), issuer.name)


def is_fetchable(url: str) -> bool:
    """Whether keys may be fetched there: over https, or from this machine."""
    return len(url) <= 500 and url.isascii() and _URL.fullmatch(url) is not None


def _new(issuer_id: int, now_ms: int) -> TrustedIssuer:
    return TrustedIssuer(issuer_id, "", "", "", None, ("RS256", "ES256"), "sub", {}, SELF_SERVICE, True, now_ms)


def _over(old: TrustedIssuer, draft: IssuerDraft) -> TrustedIssuer:
    return TrustedIssuer(
        id=old.id,
        name=old.name if draft.name is None else draft.name.strip(),
        url=old.url if draft.url is None else draft.url,
        audience=old.audience if draft.audience is None else draft.audience,
        jwks_url=old.jwks_url if draft.jwks_url is None else draft.jwks_url,
        algorithms=old.algorithms if draft.algorithms is None else tuple(dict.fromkeys(draft.algorithms)),
        subject_claim=old.subject_claim if draft.subject_claim is None else draft.subject_claim,
        subjects=old.subjects if draft.subjects is None else dict(draft.subjects),
        scopes=old.scopes if draft.scopes is None else draft.scopes,
        is_enabled=old.is_enabled if draft.is_enabled is None else draft.is_enabled,
        created_ms=old.created_ms,
    )


def _check_url(url: str, param: str) -> None:
    if not is_fetchable(url):
        raise BadRequest("an issuer's address is https, or http on this machine, without query", param=param)


def _check_text(text: str, param: str, longest: int) -> None:
    if not 1 <= len(text) <= longest or not text.isprintable():
        raise BadRequest(f"this has 1 to {longest} visible characters", param=param)


def _facts(issuer: TrustedIssuer) -> Facts:
    return {
        "name": issuer.name,
        "url": issuer.url,
        "audience": issuer.audience,
        "jwks_url": issuer.jwks_url,
        "algorithms": list(issuer.algorithms),
        "subject_claim": issuer.subject_claim,
        "subjects": {value: str(user) for value, user in issuer.subjects.items()},
        "scopes": sorted(issuer.scopes),
        "is_enabled": issuer.is_enabled,
    }
