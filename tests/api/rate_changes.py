"""Examples of the requests that change rates, with the actions of the rows that they leave in the journal."""

from __future__ import annotations

from itertools import count

from tests.api.changing_world import Ask, Example, World

_numbers = count(1)


def a_rate() -> dict[str, object]:
    """A rate of a model that has none yet."""
    return {
        "model": f"model-{next(_numbers)}",
        "type": "chatCompletion",
        "inputRate": "0.000001",
        "outputRate": 0.000004,
        "unitCosts": {"input": "0.0000025", "output": "0.00001"},
    }


async def _path(w: World) -> str:
    provider = await w.provider()
    made = await w.done("POST", f"{provider}/model-rates", json=a_rate())
    return f"{provider}/model-rates/{made['id']}"


async def _create(w: World) -> Ask:
    return Ask(f"{await w.provider()}/model-rates", a_rate())


async def _create_many(w: World) -> Ask:
    ids = [(await w.provider()).rpartition("/")[2] for _ in range(2)]
    return Ask(f"{w.prefix}/model-rates", {**a_rate(), "providers": ids})


async def _reprice(w: World) -> Ask:
    await _path(w)
    return Ask(f"{w.prefix}/bulk-rate-update", {"profitMargin": 20, "creditPrice": "0.000001"})


async def _change(w: World) -> Ask:
    return Ask(await _path(w), {"inputRate": "0.000002"})


async def _remove(w: World) -> Ask:
    return Ask(await _path(w))


RATE_EXAMPLES: dict[str, tuple[str, Example]] = {
    "POST {prefix}/{provider_id}/model-rates": ("rate.create", _create),
    "POST {prefix}/model-rates": ("rate.create", _create_many),
    "POST {prefix}/bulk-rate-update": ("rate.change", _reprice),
    "PUT {prefix}/{provider_id}/model-rates/{rate_id}": ("rate.change", _change),
    "DELETE {prefix}/{provider_id}/model-rates/{rate_id}": ("rate.remove", _remove),
}
