"""Examples of the requests that change routes, with the actions of the rows that they leave in the journal."""

from __future__ import annotations

from tests.api.changing_world import Ask, Example, World

ROUTE = {"tiers": [{"targets": [{"target": "up/m"}]}]}


async def _create(w: World) -> Ask:
    w.people += 1
    return Ask(f"/api/routing/routes/smart-{w.people}", ROUTE)


async def _remove(w: World) -> Ask:
    asked = await _create(w)
    await w.done("PUT", asked.path, json=ROUTE)
    return Ask(asked.path)


ROUTE_EXAMPLES: dict[str, tuple[str, Example]] = {
    "PUT /api/routing/routes/{model:path}": ("route.create", _create),
    "DELETE /api/routing/routes/{model:path}": ("route.remove", _remove),
}
