"""Routes on the wire: what is told comes back, with what is usual said."""

from __future__ import annotations

from msgspec import structs

from aigne_hub.api.route_shapes import RouteBody, ShownRoute
from aigne_hub.catalog.entries import LeftOut
from aigne_hub.catalog.routes.entries import KeptRoute
from tests.catalog.routes.test_store import FULL


def test_a_route_comes_back_as_it_was_told() -> None:
    shown = ShownRoute.of(KeptRoute("m", FULL, 0, 1000), [LeftOut(1, "x", "why")])
    assert RouteBody(tiers=shown.tiers, hedge=shown.hedge).draft == FULL
    assert RouteBody(tiers=shown.tiers).draft == structs.replace(FULL, hedge=None)
    told = shown.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert told["tiers"][0]["targets"][0]["when"] == {"stream": True, "minBytes": 1, "keys": ["1"], "tags": ["t"]}
    assert (told["tiers"][1]["strategy"], told["tiers"][1]["targets"]) == ("weighted", [{"target": "y", "weight": 1}])
    assert told["hedge"] == {"after": 0.9, "most": 0.1}
    assert (told["leftOut"], told["updatedAt"]) == (
        [{"tier": 1, "target": "x", "reason": "why"}],
        "1970-01-01T00:00:01.000Z",
    )


def test_one_that_cannot_be_read_is_shown_as_that() -> None:
    assert ShownRoute.of(KeptRoute("m", None, 0, 0), []).tiers == []
