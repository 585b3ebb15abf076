"""What would become of a call, over the API, lives here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from aigne_hub.api.callers import Admin, InHouse, Read
from aigne_hub.api.shapes import Shape, Strict
from aigne_hub.api.values import as_id
from aigne_hub.relay.explain import Question, Report

router = APIRouter(tags=["routing"])


class Explain(Strict):
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key: Annotated[str | None, Field(max_length=20, description="The id of the access key that would call.")] = None
    body: Annotated[
        dict[str, Any] | None, Field(description="The request, as Chat Completions have it; without one, a short chat.")
    ] = None
    stream: bool | None = None
    tools: Annotated[bool | None, Field(description="Whether the call has tools, whatever its body.")] = None
    tags: Annotated[str, Field(max_length=1000, description="As the header x-hub-tags has them.")] = ""


class ShownAttempt(Shape):
    provider: str
    model: str
    credential: str
    tier: int
    weight: int
    reason: str


class ShownSkipped(Shape):
    target: str
    credential: str | None
    tier: int
    reason: str


class ShownReport(Shape):
    model: str
    is_edited: Annotated[bool, Field(description="Whether an operator made the route.")]
    attempts: list[ShownAttempt]
    left_out: list[ShownSkipped]
    problem: Annotated[str | None, Field(description="What the caller would be told, when nothing can be tried.")]

    @classmethod
    def of(cls, report: Report) -> ShownReport:
        return cls.model_validate(report, from_attributes=True)


@router.post("/explain")
async def explain(body: Explain, _by: Admin, house: InHouse, conn: Read) -> ShownReport:
    """The attempts that a call would make now, and why other targets are left out.

    By what the worker that answers knows of who is down. Nobody is called, and nobody takes a turn by it.
    """
    asked = Question(
        body.model,
        None if body.key is None else as_id(body.key, "Access key"),
        body.body,
        body.stream,
        body.tools,
        body.tags,
    )
    return ShownReport.of(await house.explainer.explain(conn, asked))
