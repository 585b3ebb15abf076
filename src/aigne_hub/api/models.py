"""Models as the reference lists them live here, for anybody (contract 2.8); other clients' lists are the edge's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Anyone, InHouse
from aigne_hub.catalog.listing import TYPES, playground_entries, reference_entry, with_faults
from aigne_hub.catalog.snapshot import ListedModel
from aigne_hub.house import House

router = APIRouter(tags=["models"])

Type = Literal["chat", "chatCompletion", "image", "imageGeneration", "image_generation", "embedding", "video"]
_KINDS = {name: kind for kind, names in TYPES.items() for name in names}


@router.get("/models")
async def list_models(
    _by: Anyone, house: InHouse, type_: Annotated[Type | None, Query(alias="type")] = None
) -> list[dict[str, Any]]:
    """What can be called right now; of the kinds that the reference knows (contract 2.8)."""
    return [reference_entry(model) for model in _listed(house, type_)]


@router.get("/chat/models")
async def list_by_name(
    _by: Anyone, house: InHouse, type_: Annotated[Type | None, Query(alias="type")] = None
) -> list[dict[str, Any]]:
    """The same by name: who serves each model, and at what rate."""
    return playground_entries(_listed(house, type_))


def _listed(house: House, type_: Type | None) -> list[ListedModel]:
    kinds = TYPES.keys() if type_ is None else {_KINDS[type_]}
    return [model for model in with_faults(house.catalog.models(), house.statuses.down) if model.kind in kinds]
