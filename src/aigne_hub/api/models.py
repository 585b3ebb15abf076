"""Models over the API live here: one of them as OpenAI's SDKs retrieve it, all of them as the reference lists them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from aigne_hub.api.callers import Anyone, InHouse, ModelReader
from aigne_hub.base.errors import NotFound
from aigne_hub.catalog.listing import TYPES, find_listed, openai_entry, reference_entry

router = APIRouter(tags=["models"])
reference_router = APIRouter(tags=["models"])

Type = Literal["chat", "chatCompletion", "image", "imageGeneration", "image_generation", "embedding", "video"]
_KINDS = {name: kind for kind, names in TYPES.items() for name in names}


@router.get("/{model:path}")
async def retrieve_model(
    model: Annotated[str, Path(max_length=300)], by: ModelReader, house: InHouse
) -> dict[str, Any]:
    """One model that the caller may call, by its id or its bare name."""
    found = find_listed(house.catalog.models(), model)
    if found is None or not by.caller.rights.allows_model(found.id, found.name):
        raise NotFound(f"The model '{model}' does not exist", code="model_not_found", param="model")
    return openai_entry(found)


@reference_router.get("/models")
async def list_models(
    _by: Anyone, house: InHouse, type_: Annotated[Type | None, Query(alias="type")] = None
) -> list[dict[str, Any]]:
    """What can be called right now; of the kinds that the reference knows (contract 2.8)."""
    kinds = TYPES.keys() if type_ is None else {_KINDS[type_]}
    return [reference_entry(model) for model in house.catalog.models() if model.kind in kinds]
