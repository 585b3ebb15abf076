"""Making and changing routes lives here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, HubError, NotFound
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Condition, Hedge, Route
from aigne_hub.catalog.registry import checked_provider_name
from aigne_hub.catalog.routes import store
from aigne_hub.catalog.routes.entries import Aim, KeptRoute, RouteDraft
from aigne_hub.catalog.routes.paths import MOST_LANES
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

MOST_TIERS = 16
MOST_WEIGHT = 1000
SOONEST, LATEST = 0.5, 0.999  # share of a target's first bytes that a second one may be asked after
_LONGEST_NAME = 200
_MOST_WORDS = 100  # keys or tags of a condition
_EXCLUDED = "excludedRotationProviders"
_LONGEST_ID = 64  # of a thing in the journal

Foresight = Callable[[Conn, str], Awaitable[Route]]


class RouteBook:
    """Keeps where operators want the calls of a name to go.

    Each function is one step of its caller's transaction, noted in the journal. `foresee` tells what a name would lead
    to by what the transaction sees.
    """

    def __init__(self, clock: Clock, journal: Journal, foresee: Foresight) -> None:
        self._clock = clock
        self._journal = journal
        self._foresee = foresee

    async def put(self, conn: Conn, by: Actor, model: str, draft: RouteDraft) -> tuple[KeptRoute, Route]:
        """Keep the route of a name, in place of the one there is; what it leads to now.

        Raises BadRequest, with the reason, for one that contradicts itself, leads round in a circle, or leads nowhere.
        """
        _refuse_name(model)
        refuse_contradictions(draft)
        await hold(conn, catalog_store.COUNTER)
        old, now_ms = await store.find_route(conn, model), self._clock.now_ms()
        keep = store.add_route if old is None else store.save_route
        await keep(conn, model, draft, now_ms)
        await self._refuse_split(conn, draft)
        laid = await self._foreseen(conn, model)
        before = None if old is None else _facts(old)
        kept = KeptRoute(model, draft, now_ms if old is None else old.created_ms, now_ms)
        action = "route.create" if old is None else "route.change"
        await self._journal.note(conn, by, action, _target(model), before=before, after=_facts(kept))
        return kept, laid

    async def remove(self, conn: Conn, by: Actor, model: str) -> None:
        await hold(conn, catalog_store.COUNTER)
        old = await self.route(conn, model)
        await store.remove_route(conn, model)
        await self._journal.note(conn, by, "route.remove", _target(model), before=_facts(old))

    async def exclude(self, conn: Conn, by: Actor, names: Sequence[str] | None) -> tuple[str, ...]:
        """Have no bare name lead to these providers any more, whether they are there yet or not; None changes nothing.

        Raises BadRequest for what is no name of a provider.
        """
        await hold(conn, catalog_store.COUNTER)
        old = await store.read_excluded(conn)
        if names is None:
            return old
        if len(names) > _MOST_WORDS:
            raise BadRequest(f"at most {_MOST_WORDS} providers are left out", param=_EXCLUDED)
        new = tuple(dict.fromkeys([_checked_provider(name) for name in names]))
        if new != old:
            await store.write_excluded(conn, new, self._clock.now_ms())
            before, after = {_EXCLUDED: list(old)}, {_EXCLUDED: list(new)}
            target = Target("preferences", "routing")
            await self._journal.note(conn, by, "preferences.change", target, before=before, after=after)
        return new

    async def route(self, conn: Conn, model: str) -> KeptRoute:
        found = await store.find_route(conn, model)
        if found is None:
            raise NotFound(f"there is no route for {model}")
        return found

    async def _foreseen(self, conn: Conn, model: str) -> Route:
        try:
            laid = await self._foresee(conn, model)
        except HubError as error:
            raise BadRequest(error.message, param="tiers") from error
        for one in laid.left_out:
            if one.is_loop:
                raise BadRequest(f"{one.target} is {one.reason}", param="tiers")
        if not laid.pools:
            reasons = "; ".join([f"{one.target}: {one.reason}" for one in laid.left_out[:5]])
            raise BadRequest(f"this route leads nowhere: {reasons}", param="tiers")
        return laid

    async def _refuse_split(self, conn: Conn, draft: RouteDraft) -> None:
        """A route that is fallen back to has tiers of its own, which cannot share with other targets."""
        routed = {route.model for route in await store.list_routes(conn)}
        for number, tier in enumerate(draft.tiers, start=1):
            for aim in tier.targets if len(tier.targets) > 1 else ():
                if aim.target in routed and "/" not in aim.target:
                    raise BadRequest(
                        f"tier {number}: {aim.target} has a route of its own, and so stands alone in its tier",
                        param=f"tiers.{number - 1}.targets",
                    )


def refuse_contradictions(draft: RouteDraft) -> None:
    """Raises BadRequest, naming the place, for what can be seen to be wrong without knowing any provider."""
    if not 1 <= len(draft.tiers) <= MOST_TIERS:
        raise BadRequest(f"a route has 1 to {MOST_TIERS} tiers", param="tiers")
    if draft.hedge is not None and (wrong := _wrong_hedge(draft.hedge)) is not None:
        raise BadRequest(wrong, param="hedge")
    if sum(len(tier.targets) for tier in draft.tiers) > MOST_LANES:
        raise BadRequest(f"a route has at most {MOST_LANES} targets", param="tiers")
    for number, tier in enumerate(draft.tiers, start=1):
        place = f"tiers.{number - 1}.targets"
        if not tier.targets:
            raise BadRequest(f"tier {number} has no target", param=place)
        if not any(aim.weight for aim in tier.targets):
            raise BadRequest(f"the weights of tier {number} are all 0: none would ever be chosen", param=place)
        for aim in tier.targets:
            _refuse_aim(aim, f"tier {number}, {aim.target[:_LONGEST_NAME]}", place)


def _refuse_aim(aim: Aim, told: str, place: str) -> None:
    if not 0 <= aim.weight <= MOST_WEIGHT:
        raise BadRequest(
            f"{told}: a weight is a whole number from 0, which is never chosen, to {MOST_WEIGHT}", param=place
        )
    if not 1 <= len(aim.target) <= _LONGEST_NAME or not aim.target.isprintable() or aim.target != aim.target.strip():
        raise BadRequest(f"{told}: a target is PROVIDER/MODEL, or a name that callers could send", param=place)
    if aim.when is not None and (wrong := _contradiction(aim.when)) is not None:
        raise BadRequest(f"{told}: {wrong}", param=place)


def _wrong_hedge(hedge: Hedge) -> str | None:
    if not SOONEST <= hedge.after <= LATEST:
        return f"a second target is asked after a share of {SOONEST} to {LATEST} of the first one's first bytes"
    if not 0 < hedge.most <= 1:
        return "the share of calls that are hedged is above 0, and 1 at most"
    return None


def _contradiction(when: Condition) -> str | None:
    least, most = when.min_bytes, when.max_bytes
    if (least is not None and least < 0) or (most is not None and most < 0):
        return "a size is not below 0"
    if least is not None and most is not None and least > most:
        return f"no call has at least {least} and at most {most} bytes"
    for name, words in (("keys", when.keys), ("tags", when.tags)):
        if words is not None and not 1 <= len(words) <= _MOST_WORDS:
            return f"{name} are 1 to {_MOST_WORDS}: of none no call could be"
        if any(not word.strip() or "," in word for word in words or ()):
            return f"one of the {name} is empty or has a comma"
    return None


def _refuse_name(model: str) -> None:
    if not 1 <= len(model) <= _LONGEST_NAME or not model.isprintable() or model != model.strip():
        raise BadRequest(f"a model's name has 1 to {_LONGEST_NAME} characters that can be seen", param="model")
    if model.startswith(("aignehub/", "aignehub:")):
        raise BadRequest("what callers put before a name, aignehub/, is no part of it: leave it out", param="model")


def _checked_provider(name: str) -> str:
    try:
        return checked_provider_name(name)
    except BadRequest as error:
        raise BadRequest(f"{name[:_LONGEST_NAME]!r} is no provider: {error.message}", param=_EXCLUDED) from error


def _target(model: str) -> Target:
    return Target("route", model[:_LONGEST_ID], model)


def _facts(route: KeptRoute) -> Facts:
    tiers: Mapping[str, object] | None = None if route.draft is None else msgspec.to_builtins(route.draft)
    return {"model": route.model, **(tiers or {})}
