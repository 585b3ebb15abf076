"""Examples of the requests that change the webhook, with the actions of the rows that they leave in the journal."""

from __future__ import annotations

from tests.api.changing_world import Ask, Example, World

TOKEN = "a-token-of-the-receiver"
HOOK = {"url": f"https://hooks.example.com/services/{TOKEN}"}


async def _put(w: World) -> Ask:
    w.secrets.add(TOKEN)
    return Ask("/api/notices/webhook", HOOK)


async def _remove(w: World) -> Ask:
    await w.done("PUT", "/api/notices/webhook", json=HOOK)
    return Ask("/api/notices/webhook")


NOTICE_EXAMPLES: dict[str, tuple[str, Example]] = {
    "PUT /api/notices/webhook": ("webhook.put", _put),
    "DELETE /api/notices/webhook": ("webhook.remove", _remove),
}
