"""Every golden answer means to a caller of any dialect what it means to the client of the provider's own maker."""

from __future__ import annotations

from datetime import date

import pytest

from aigne_hub.dialects.pairing import CHATS
from aigne_hub.usage.records import Source, Status
from tests.oracles.asking import question
from tests.oracles.clients import CALLERS
from tests.oracles.conftest import World
from tests.oracles.goldens import Golden, golden, goldens, served

pytestmark = pytest.mark.anyio

ANSWERS = [one for one in goldens() if one.is_answer]
CASES = {
    "plain", "stream", "tools", "tools_stream", "image_in", "thinking", "thinking_stream", "filter", "filter_stream",
    "bad_request", "unauthorized", "rate_limited",
}  # fmt: skip


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("one", ANSWERS, ids=lambda one: f"{one.dialect}-{one.case}")
async def test_an_answer_means_the_same_to_whoever_asked(world: World, one: Golden, caller: str) -> None:
    world.upstream.script = served(one)
    theirs = await world.own[one.dialect].ask(question(one.dialect, world.own_model(one.dialect)), stream=one.is_stream)
    ours = await world.callers[caller].ask(question(caller, world.hub_model(one.dialect)), stream=one.is_stream)
    assert ours == theirs
    ids = [call.id for call in theirs.calls if call.id]
    assert [call.id for call in ours.calls][: len(ids)] == ids
    assert caller == one.dialect or len({call.id for call in ours.calls}) == len(ours.calls)
    record = (await world.hub.calls())[-1]
    assert (record.status, record.usage_source) == (Status.success, Source.reported)
    assert (record.usage.all_input, record.usage.all_output) == (theirs.given, theirs.made)


def test_every_dialect_has_its_goldens_and_each_its_page() -> None:
    for dialect in CHATS:
        assert {one.case for one in goldens() if one.dialect == dialect} >= CASES, dialect
    for one in goldens():
        assert one.page.startswith("https://"), one
        assert date.fromisoformat(one.read)
    assert golden("gemini", "stream").is_stream
