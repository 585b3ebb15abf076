"""The V1 doors live here: for servers that sign their calls, and for owners and admins (contract 1.5)."""

from __future__ import annotations

import msgspec

from aigne_hub.access.apps.signature import SignedRequest
from aigne_hub.access.identity import Caller
from aigne_hub.access.identity import Scope as Right
from aigne_hub.base.errors import BadRequest, NotAllowed
from aigne_hub.dialects.call import Call
from aigne_hub.edge.inference import InferenceDoor
from aigne_hub.edge.listings import ReadingDoor
from aigne_hub.edge.reading import Fields, accepts_stream, address_of
from aigne_hub.edge.wire import Headers, Receive, Scope
from aigne_hub.house import House

_APP, _TIME, _SIGNATURE, _USER = b"x-app-id", b"x-timestamp", b"x-component-sig", b"x-app-user-did"


class SignedDoor(InferenceDoor):
    """POST of one dialect on a V1 path: by an app's signature, else by a key whose role manages."""

    async def _read(self, scope: Scope, fields: Fields, receive: Receive) -> tuple[Caller, Call]:
        if _APP not in fields:
            caller, call = await super()._read(scope, fields, receive)
            return managing(caller), call
        body = await self._reader.read(scope, fields, receive)
        call = self._dialect_of(body).read_request(body, accepts_stream=accepts_stream(fields))
        caller = await identify_signer(self._house, scope, fields, body)
        caller.require(Right.inference)
        return caller, call


class SignedReadingDoor(ReadingDoor):
    """GET on a V1 path, for the same callers."""

    async def _identify(self, scope: Scope, headers: Headers) -> Caller:
        fields = dict(headers)
        if _APP not in fields:
            return managing(await super()._identify(scope, headers))
        caller = await identify_signer(self._house, scope, fields, b"")
        caller.require(Right.models_read)
        return caller


async def identify_signer(house: House, scope: Scope, fields: Fields, body: bytes) -> Caller:
    """The app that signed a request. Raises BadRequest when a header is missing."""
    signed = read_signature(fields, body)
    address = address_of(scope, fields, house.settings.trusted_proxies)
    return await house.freshness.identify_app(signed, address)


def read_signature(fields: Fields, body: bytes) -> SignedRequest:
    for name in (_APP, _TIME, _SIGNATURE):
        if not fields.get(name):
            raise BadRequest(f"the header {name.decode()} is missing", code="missing_signature")
    if not fields[_TIME].isdigit() or len(fields[_TIME]) > 12:
        raise BadRequest("x-timestamp is a time in Unix seconds", code="missing_signature")
    is_form = fields.get(b"content-type", b"").startswith(b"multipart/")  # whose fields are not signed
    try:
        data = msgspec.json.decode(body) if body and not is_form else {}
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("the body is not JSON", code="invalid_json") from None
    return SignedRequest(
        app_id=fields[_APP].decode("latin-1"),
        timestamp=int(fields[_TIME]),
        signature=fields[_SIGNATURE].decode("latin-1"),
        data=data,
        user_did=fields[_USER].decode("latin-1") if _USER in fields else None,
    )


def managing(caller: Caller) -> Caller:
    """The caller, when an owner or admin. Raises NotAllowed."""
    if not caller.role.manages:
        raise NotAllowed("no permission")
    return caller
