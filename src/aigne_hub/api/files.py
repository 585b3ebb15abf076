"""Kept files over the API live here: a person's own, and everybody's for owners and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from aigne_hub.access.identity import Scope
from aigne_hub.api.callers import FileKeeper, InHouse, Read, Visit
from aigne_hub.api.shapes import Shape, iso
from aigne_hub.api.values import as_id
from aigne_hub.base.errors import NotAllowed
from aigne_hub.files import store
from aigne_hub.files.store import StoredFile

router = APIRouter(tags=["files"])


class ShownFile(Shape):
    """A file without its address, which was told once and is kept nowhere."""

    id: str
    user_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: str | None
    expires_at: str | None

    @classmethod
    def of(cls, file: StoredFile) -> ShownFile:
        return cls(
            id=str(file.id),
            user_id=str(file.user_id),
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256.hex(),
            created_at=iso(file.created_ms),
            expires_at=iso(file.expires_ms),
        )


class FilePage(Shape):
    list: list[ShownFile]
    next: str | None


@router.get("")
async def list_files(
    by: FileKeeper,
    house: InHouse,
    conn: Read,
    owner: Annotated[str, Query(max_length=20)] = "me",
    after: Annotated[str, Query(max_length=20)] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> FilePage:
    """Files from the newest on: `owner` is `me`, `all` or a user's id; the last two are for owners and admins."""
    user_id: int | None = by.caller.user.id
    if owner not in ("me", str(by.caller.user.id)):
        _refuse_unless_managing(by)
        user_id = None if owner == "all" else as_id(owner, "User")
    found = await store.page(
        conn,
        user_id=user_id,
        before=None if after is None else as_id(after, "File"),
        limit=limit + 1,
        now_ms=house.clock.now_ms(),
    )
    page = found[:limit]
    return FilePage(
        list=[ShownFile.of(file) for file in page], next=str(page[-1].id) if len(found) > limit else None
    )  # fmt: skip


@router.delete("/{id}")
async def delete_file(
    file_id: Annotated[str, Path(alias="id", max_length=20)], by: FileKeeper, house: InHouse
) -> ShownFile:
    """Delete a file; its address leads nowhere from then on. Of another user's, only owners and admins learn."""
    is_manager = by.caller.role.manages and Scope.admin in by.caller.rights.scopes
    user_id = None if is_manager else by.caller.user.id
    return ShownFile.of(await house.files.remove(by.actor, as_id(file_id, "File"), user_id=user_id))


def _refuse_unless_managing(by: Visit) -> None:
    if not by.caller.role.manages:
        raise NotAllowed("only owners and admins see the files of others", refused_as="access.refuse")
    by.caller.require(Scope.admin)
