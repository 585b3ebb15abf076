"""Adding and changing rates lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.base.money import shown_rate
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Provider, ProviderId
from aigne_hub.catalog.rates import store
from aigne_hub.catalog.rates.entries import RATED, Billing, CreditPrefix, Rate, RateDraft, RateId
from aigne_hub.catalog.rates.margin import Margin
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

_LONGEST_MODEL = 200
_LONGEST_DISPLAY = 100


@dataclass(frozen=True, slots=True)
class Repriced:
    """A rate before and after a margin was laid over what it costs."""

    old: Rate
    new: Rate


class RateBook:
    """Adds and changes rates, and switches pricing on and off.

    Each function is one step of its caller's transaction, noted in the journal.
    """

    def __init__(self, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def add(self, conn: Conn, by: Actor, provider_ids: Sequence[ProviderId], draft: RateDraft) -> list[Rate]:
        """Add the same rate to each of some providers.

        Raises BadRequest for a provider that there is not, Conflict when one has such a rate.
        """
        await hold(conn, catalog_store.COUNTER)
        providers = await self._providers(conn, provider_ids)
        await self._refuse_taken(conn, providers, draft)
        now_ms, added = self._clock.now_ms(), []
        for provider in providers:
            rate = Rate(
                id=RateId(self._ids.new()),
                provider_id=provider.id,
                model=_checked_model(draft.model),
                kind=draft.kind,
                model_display=_display(draft.model_display, draft.model),
                description=draft.description or None,
                tariff=draft.tariff,
                input_cost=draft.input_cost,
                output_cost=draft.output_cost,
                metadata=draft.metadata,
                created_ms=now_ms,
                updated_ms=now_ms,
            )
            await store.add_rate(conn, rate)
            await self._journal.note(conn, by, "rate.create", _target(rate), after=_facts(rate))
            added.append(rate)
        return added

    async def change(self, conn: Conn, by: Actor, old: Rate, draft: RateDraft) -> Rate:
        """Give a rate what `draft` says; of which model and kind it is stays."""
        changed = replace(
            old,
            model_display=_display(draft.model_display, old.model),
            description=draft.description or None,
            tariff=draft.tariff,
            input_cost=draft.input_cost,
            output_cost=draft.output_cost,
            metadata=draft.metadata,
            updated_ms=self._clock.now_ms(),
        )
        await store.save_rate(conn, changed)
        await self._journal.note(conn, by, "rate.change", _target(changed), before=_facts(old), after=_facts(changed))
        return changed

    async def remove(self, conn: Conn, by: Actor, old: Rate) -> None:
        await store.remove_rate(conn, old.id)
        await self._journal.note(conn, by, "rate.remove", _target(old), before=_facts(old))

    async def rate(self, conn: Conn, provider_id: ProviderId, rate_id: RateId) -> Rate:
        """The rate, held until the transaction ends. Raises NotFound."""
        await hold(conn, catalog_store.COUNTER)
        found = await store.find_rate(conn, provider_id, rate_id)
        if found is None:
            raise NotFound("Model rate not found")
        return found

    async def reprice(self, conn: Conn, by: Actor, margin: Margin) -> tuple[list[Repriced], int]:
        """Lay a margin over every unit cost that is above zero; what changed, and how many rates have no such cost.

        Rates of caches stay. Raises BadRequest, and nothing is changed, when one would be more than can be held.
        """
        await hold(conn, catalog_store.COUNTER)
        rates = await store.list_rates(conn)
        repriced = [Repriced(rate, _with_margin(rate, margin)) for rate in rates if rate.input_cost or rate.output_cost]
        for one in repriced:
            changed = replace(one.new, updated_ms=self._clock.now_ms())
            await store.save_rate(conn, changed)
            await self._journal.note(
                conn, by, "rate.change", _target(changed), before=_facts(one.old), after=_facts(changed)
            )
        return repriced, len(rates) - len(repriced)

    async def switch(
        self, conn: Conn, by: Actor, *, is_on: bool | None = None, prefix: CreditPrefix | None = None
    ) -> Billing:
        """Have calls priced by rates from now on, or not; change what is given and keep the rest."""
        await hold(conn, catalog_store.COUNTER)
        old = await store.read_billing(conn)
        new = Billing(
            is_on=old.is_on if is_on is None else is_on,
            prefix=old.prefix if prefix is None else prefix,
        )
        if new != old:
            await store.write_billing(conn, new, self._clock.now_ms())
            target = Target("preferences", "billing")
            before, after = _billing_facts(old), _billing_facts(new)
            await self._journal.note(conn, by, "preferences.change", target, before=before, after=after)
        return new

    async def _providers(self, conn: Conn, ids: Sequence[ProviderId]) -> list[Provider]:
        found = {one: await catalog_store.find_provider(conn, one) for one in dict.fromkeys(ids)}
        missing = [str(one) for one, provider in found.items() if provider is None]
        if missing:
            raise BadRequest(f"Providers not found: {', '.join(missing)}", param="providers")
        return [provider for provider in found.values() if provider is not None]

    async def _refuse_taken(self, conn: Conn, providers: list[Provider], draft: RateDraft) -> None:
        if draft.kind not in RATED:
            raise BadRequest(f"calls of the kind {draft.kind} have no rates", param="type")
        taken = [
            provider.display_name
            for provider in providers
            if await store.find_rate_of(conn, provider.id, draft.model, draft.kind) is not None
        ]
        if taken and len(providers) == 1:
            raise Conflict("Rate already exists for this provider-model-type combination", param="model")
        if taken:
            raise Conflict(f"Rate already exists for this model and type at: {', '.join(taken)}", param="providers")


def _with_margin(rate: Rate, margin: Margin) -> Rate:
    tariff = rate.tariff
    try:
        changed = replace(
            tariff,
            input=margin.over(rate.input_cost) if rate.input_cost else tariff.input,
            output=margin.over(rate.output_cost) if rate.output_cost else tariff.output,
        )
    except ValueError as error:
        raise BadRequest(f"the rate of {rate.model} cannot be held: {error}", param="creditPrice") from error
    return replace(rate, tariff=changed)


def _checked_model(model: str) -> str:
    if not 1 <= len(model) <= _LONGEST_MODEL or not model.isprintable() or model != model.strip():
        raise BadRequest(f"a model's name has 1 to {_LONGEST_MODEL} characters that can be seen", param="model")
    return model


def _display(given: str, model: str) -> str:
    """A name to show: given, or made of the model's as the reference makes it (contract 2.8)."""
    given = given.strip()
    if not given:
        words = model.rpartition("/")[2].split("-")
        given = " ".join(word[:1].upper() + word[1:] for word in words)
    return given[:_LONGEST_DISPLAY]


def _target(rate: Rate) -> Target:
    return Target("rate", str(rate.id), rate.model)


def _billing_facts(billing: Billing) -> Facts:
    return {"credit_based_billing_enabled": billing.is_on, "credit_prefix": billing.prefix}


def _facts(rate: Rate) -> Facts:
    tariff = rate.tariff

    def shown(number: int | None) -> str | None:
        return None if number is None else shown_rate(number)

    return {
        "provider": str(rate.provider_id),
        "model": rate.model,
        "kind": rate.kind.value,
        "input_rate": shown(tariff.input),
        "output_rate": shown(tariff.output),
        "cache_read_rate": shown(tariff.cache_read),
        "cache_write_rate": shown(tariff.cache_write),
        "input_cost": shown(rate.input_cost),
        "output_cost": shown(rate.output_cost),
        "model_display": rate.model_display,
        "description": rate.description,
    }
