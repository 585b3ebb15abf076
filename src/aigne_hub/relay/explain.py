"""Explaining a route lives here: the attempts that a call would make, and why each other target is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from msgspec import Struct

from aigne_hub.access import store as access_store
from aigne_hub.access.identity import ALL_RIGHTS, KeyId, Rights
from aigne_hub.base.errors import BadRequest, HubError, NotFound
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Credential, CredentialId, CredentialState, Lane, Route, Strategy, Target, Tier
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.db.engine import Conn
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.relay.asking import Ask, look, unmet
from aigne_hub.relay.failover import MOST_ATTEMPTS
from aigne_hub.relay.fit import refuse_unfit
from aigne_hub.relay.health import Health
from aigne_hub.relay.line import MOST_PLANNED
from aigne_hub.relay.plan import Planner

MOST_TOLD = 200  # targets that are left out
_STATES = {
    CredentialState.off: "its credential is switched off",
    CredentialState.invalid: "its provider refused its credential",
}


class Question(Struct, frozen=True):
    """A chat to explain: its body as Chat Completions have it, or what of one counts. `key_id` is an access key's."""

    model: str
    key_id: int | None = None
    body: Mapping[str, object] | None = None
    is_stream: bool | None = None
    has_tools: bool | None = None
    tags: str = ""


class Step(Struct, frozen=True):
    """An attempt that would be made, in order."""

    provider: str
    model: str
    credential: str
    tier: int
    weight: int
    reason: str


class Skipped(Struct, frozen=True):
    """A target, or with a credential one of its ways, that would not be tried."""

    target: str
    credential: str | None
    tier: int
    reason: str


class Report(Struct, frozen=True):
    """`problem` is what the caller would be told when no attempt is possible."""

    model: str
    is_edited: bool
    attempts: tuple[Step, ...]
    left_out: tuple[Skipped, ...]
    problem: str | None = None


class Explainer:
    """Answers what would become of a call, by what this process knows. Calls nobody, and nobody takes a turn by it."""

    def __init__(self, catalog: CatalogSnapshot, planner: Planner, health: Health) -> None:
        self._catalog = catalog
        self._planner = planner
        self._health = health

    async def explain(self, conn: Conn, asked: Question) -> Report:
        """Raises BadRequest for a body that is no chat, NotFound for a key that there is not."""
        rights, call = await _rights(conn, asked.key_id), _call(asked)
        credentials = await catalog_store.list_credentials(conn)
        try:
            route = self._catalog.look_up(asked.model, Kind.chat)
        except HubError as error:
            passed = [Skipped(one.target, None, one.tier, one.reason) for one in self._catalog.passed_over(asked.model)]
            return Report(asked.model, False, (), tuple(passed), error.message)
        names = {one.id: one.name for one in credentials} | {
            one.credential_id: "of the environment" for one in self._catalog.usable() if one.credential_id < 0
        }
        ask = look(
            route, call, _DIALECT, asked.tags.encode(), means_id=asked.key_id, is_key=asked.key_id is not None
        )  # fmt: skip
        steps, left_out, problem = self._planned(route, ask, call, rights, names)
        unready = self._unready(route, credentials)
        told = tuple(islice((*left_out, *unready), MOST_TOLD))
        return Report(asked.model, bool(route.tiers), tuple(steps), told, problem)

    def _planned(
        self, route: Route, ask: Ask, call: Call, rights: Rights, names: Mapping[CredentialId, str]
    ) -> tuple[list[Step], list[Skipped], str | None]:
        planned, problem = self._foreseen(route, ask)
        steps: list[Step] = []
        left_out = [Skipped(one.target, None, one.tier, one.reason) for one in route.left_out]
        for target in planned:
            lane, tier = _place(route, target, ask)
            no = _no_choice(call, rights, target)
            if no is None and len(steps) == MOST_ATTEMPTS:
                no = f"behind the {MOST_ATTEMPTS} attempts that a call has"
            if no is not None:
                left_out.append(_skipped(target, names, tier, no))
                continue
            reason = self._reason(route, ask, target, tier, is_first=not steps)
            weight = 1 if lane is None else lane.weight
            number = 1 if tier is None else tier.number
            steps.append(
                Step(target.provider.name, target.model, names.get(target.credential_id, "?"), number, weight, reason)
            )
        left_out += self._not_planned(route, ask, planned, names)
        if problem is None and not steps:
            problem = "no target is a choice for such a call"
        return steps, left_out, problem

    def _foreseen(self, route: Route, ask: Ask) -> tuple[Sequence[Target], str | None]:
        try:
            if not route.pools:
                raise BadRequest(f"no target of the route for {route.name} can be used")
            return self._planner.foresee(route, ask), None
        except HubError as error:
            return (), error.message

    def _reason(self, route: Route, ask: Ask, target: Target, tier: Tier | None, *, is_first: bool) -> str:
        less = self._health.why(target)
        if less is not None:
            return less
        if tier is not None and self._planner.is_warm(route, ask, target):
            return "its prompt is warm there"
        if tier is None or not is_first:
            return "its turn" if is_first else "when those before it fail"
        if tier.strategy is Strategy.cheapest:
            return "the cheapest that can be used"
        if tier.strategy is Strategy.least_latency:
            latency = self._planner.latency
            words = f"expected within {latency.expected(target):.3f} s, with {latency.running_at(target)} running"
            return f"of two drawn by lot the sooner for what runs there: {words}"
        return "its turn by weight"

    def _not_planned(
        self, route: Route, ask: Ask, planned: Sequence[Target], names: Mapping[CredentialId, str]
    ) -> Iterator[Skipped]:
        """Every target of the route that the plan has not."""
        seen = {(target.credential_id, target.model) for target in planned}
        for tier, lane in _lanes(route):
            words = None if lane.weight else "its weight is 0"
            words = words or unmet(lane.conditions, ask)
            for target, weight in zip(lane.pool.targets, lane.pool.weights, strict=True):
                if (target.credential_id, target.model) not in seen:
                    own = None if weight else "its credential has a weight of 0"
                    behind = f"behind the {MOST_PLANNED} that are planned"
                    yield _skipped(target, names, tier, words or own or self._health.why(target) or behind)

    def _unready(self, route: Route, credentials: Sequence[Credential]) -> Iterator[Skipped]:
        """Credentials of the route's providers that are not used at all, and providers of an automatic one."""
        unreadable = {one.id for one in self._catalog.unreadable}
        for id_, pool in {pool.provider_id: pool for pool in route.pools}.items():
            for one in credentials:
                if one.provider_id == id_ and one.id not in pool.ids:
                    words = "it is not sealed with this hub's master key" if one.id in unreadable else None
                    words = words or _STATES.get(one.state, "it has just changed")
                    yield Skipped(f"{pool.targets[0].provider.name}/…", one.name, 1, words)
        if not route.tiers:
            for passed in self._catalog.passed_over(route.name):
                yield Skipped(passed.target, None, passed.tier, passed.reason)


_DIALECT = OpenAIChat(is_hybrid=False)


async def _rights(conn: Conn, key_id: int | None) -> Rights:
    if key_id is None:
        return ALL_RIGHTS
    key = await access_store.find_key(conn, KeyId(key_id))
    if key is None:
        raise NotFound("Access key not found")
    return key.rights


def _call(asked: Question) -> Call:
    """The call in question. Raises BadRequest when its body is no chat."""
    body: dict[str, object] = {**(asked.body or {}), "model": asked.model}
    if "prompt" not in body:
        body.setdefault("messages", [{"role": "user", "content": "hi"}])
    if asked.is_stream is not None:
        body["stream"] = asked.is_stream
    if asked.has_tools:
        body.setdefault("tools", [{"type": "function", "function": {"name": "any"}}])
    elif asked.has_tools is False:
        body.pop("tools", None)
    return _DIALECT.read_request(msgspec.json.encode(body), accepts_stream=False)


def _no_choice(call: Call, rights: Rights, target: Target) -> str | None:
    """Why a target that is planned would be passed over."""
    if not rights.allows_model(call.model, target.model, f"{target.provider.name}/{target.model}"):
        return "the key may not call it"
    try:
        refuse_unfit(call, _DIALECT, target)
    except BadRequest as error:
        return error.message
    return None


def _lanes(route: Route) -> Iterator[tuple[Tier | None, Lane]]:
    if not route.tiers:
        yield from ((None, Lane(pool, 1)) for pool in route.pools)
    for tier in route.tiers:
        yield from ((tier, lane) for lane in tier.lanes)


def _place(route: Route, target: Target, ask: Ask) -> tuple[Lane | None, Tier | None]:
    """By which lane a target was planned."""
    for tier, lane in _lanes(route):
        if tier is not None and target in lane.pool.targets and lane.weight and unmet(lane.conditions, ask) is None:
            return lane, tier
    return None, None


def _skipped(target: Target, names: Mapping[CredentialId, str], tier: Tier | None, reason: str) -> Skipped:
    number = 1 if tier is None else tier.number
    return Skipped(f"{target.provider.name}/{target.model}", names.get(target.credential_id, "?"), number, reason)
