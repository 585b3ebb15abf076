"""The doors of videos live here: `/v1/videos` and what is below it, as OpenAI's clients ask.

Source: https://developers.openai.com/api/reference/resources/videos
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import structlog

from aigne_hub.access.bearer import find_bearer
from aigne_hub.access.identity import Caller
from aigne_hub.access.identity import Scope as Right
from aigne_hub.base.errors import BadRequest, HubError, NotFound, WrongMethod
from aigne_hub.dialects.openai_videos.answers import read_id
from aigne_hub.dialects.openai_videos.dialect import OpenAIVideos, Remix
from aigne_hub.edge.challenge import challenge
from aigne_hub.edge.inference import InferenceDoor
from aigne_hub.edge.reading import BodyReader, Fields, address_of, request_id_of
from aigne_hub.edge.refusals import note_refusal
from aigne_hub.edge.wire import ANY_ORIGIN, EXPOSED, AsgiReply, Headers, Receive, Scope, Send, fault, safe_type
from aigne_hub.house import House
from aigne_hub.outbound import Exchange
from aigne_hub.relay.videos.desk import no_such_video

log = structlog.get_logger()

_BEGINNINGS = tuple([f"{mount}{base}/videos" for mount in ("", "/ai-kit") for base in ("/v1", "/api/v2")])
_MOST_LISTED = 100
_LISTED = 20
_ASKED = (b"range", b"if-range")
_PASSED = (b"content-length", b"content-range", b"accept-ranges", b"etag", b"last-modified")


class VideosDoor:
    """POST begins a video, or a remix of one; GET tells of one, lists one's own or fetches a film; DELETE deletes."""

    def __init__(self, house: House, reader: BodyReader) -> None:
        self._house = house
        self._reader = reader
        self._create = InferenceDoor(house, reader, OpenAIVideos(), is_reference=False, answer=house.video_desk.create)

    @staticmethod
    def owns(path: str) -> bool:
        return path.startswith(_BEGINNINGS) and _steps(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, steps = scope["method"], _steps(scope["path"]) or []
        if method == "POST" and not steps:
            await self._create(scope, receive, send)
        elif method == "POST" and len(steps) == 2 and steps[1] == "remix" and (source := read_id(steps[0])):
            remix = InferenceDoor(
                self._house, self._reader, Remix(source), is_reference=False, answer=self._house.video_desk.create
            )
            await remix(scope, receive, send)
        else:
            await self._serve(scope, receive, send, method, steps)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, method: str, steps: list[str]) -> None:
        fields = dict(scope["headers"])
        request_id = request_id_of(fields) or str(self._house.recorder.new_id())
        reply = AsgiReply(receive, send, request_id)
        try:
            _refuse_other(method, steps)
            await self._answer(scope, fields, reply, method, steps)
        except HubError as error:
            if reply.has_started:  # the server cuts the connection, so that the film does not look whole
                log.warning("film not sent whole", request_id=request_id, code=error.code)
                return
            await reply.error(error, challenge(scope, self._house.settings, error))
            await note_refusal(self._house, scope, fields, request_id, error)
        except Exception:  # a fault of ours: the caller gets an error object, the log the trace
            log.exception("request broke", request_id=request_id)
            if reply.has_started:
                raise
            await reply.error(fault())
        finally:
            reply.close()

    async def _answer(self, scope: Scope, fields: Fields, reply: AsgiReply, method: str, steps: list[str]) -> None:
        caller = await self._identify(scope, fields)
        query = _query(scope)
        desk = self._house.video_desk
        if not steps:
            after, limit, order = _paging(query)
            page = await desk.page(caller, after=after, limit=limit, is_newest_first=order != "asc")
            await reply.whole(page)
            return
        video_id = read_id(steps[0])
        if video_id is None:
            raise no_such_video()
        if method == "DELETE":
            await reply.whole(await desk.delete(caller, video_id))
        elif len(steps) == 1:
            await reply.whole(await desk.look(caller, video_id))
        else:
            extra = tuple([(name, fields[name]) for name in _ASKED if name in fields])
            exchange = await desk.open_film(caller, video_id, query.get("variant"), extra)
            try:
                await self._pass_on(exchange, reply)
            finally:
                exchange.close()

    async def _pass_on(self, exchange: Exchange, reply: AsgiReply) -> None:
        """Send a film as fast as it is taken. A caller who hangs up, or takes nothing for long, is left."""
        kind = exchange.header(b"content-type") or b"video/mp4"
        head: Headers = [safe_type(kind), ANY_ORIGIN, EXPOSED, (b"x-content-type-options", b"nosniff")]
        for name in _PASSED:
            if (value := exchange.header(name)) is not None:
                head.append((name, value))
        await reply.start(exchange.status, head)
        while piece := await exchange.next():
            if reply.is_gone:
                return
            try:
                async with asyncio.timeout(self._house.settings.idle_s):
                    await reply.send(piece)
            except TimeoutError:
                return
        await reply.finish(b"")

    async def _identify(self, scope: Scope, fields: Fields) -> Caller:
        address = address_of(scope, fields, self._house.settings.trusted_proxies)
        bearer = find_bearer(scope["headers"], scope["query_string"], None)
        caller = await self._house.identify(bearer, address)
        caller.require(Right.inference)
        return caller


def _steps(path: str) -> list[str] | None:
    """What follows `/videos`, step by step; None when the path is another."""
    _, mark, rest = path.partition("/videos")
    if not mark or (rest and not rest.startswith("/")):
        return None
    return rest[1:].split("/") if rest else []


def _refuse_other(method: str, steps: list[str]) -> None:
    """Raises WrongMethod, or NotFound for paths that there are not."""
    allowed = {0: "GET, POST", 1: "GET, DELETE"}.get(len(steps))
    if allowed is None and len(steps) == 2:
        allowed = {"content": "GET", "remix": "POST"}.get(steps[1])
    if allowed is None:
        raise NotFound("there is nothing here; videos are at /v1/videos")
    if method not in allowed.split(", "):
        raise WrongMethod(allowed)
    if method == "POST":
        raise no_such_video()  # a remix of what no id of the hub's can mean


def _query(scope: Scope) -> dict[str, str]:
    try:
        asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        raise BadRequest("the query has too many fields") from None
    return {name: values[-1] for name, values in asked.items()}


def _paging(query: dict[str, str]) -> tuple[int | None, int, str]:
    """After which video, how many, in which order. Raises BadRequest."""
    limit, order = query.get("limit", str(_LISTED)), query.get("order", "desc")
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 0 <= int(limit) <= _MOST_LISTED):
        raise BadRequest(f"limit is a whole number from 0 to {_MOST_LISTED}", param="limit")
    if order not in ("asc", "desc"):
        raise BadRequest("order is asc or desc", param="order")
    after = query.get("after")
    found = None if after is None else read_id(after)
    if after is not None and found is None:
        raise BadRequest("after is the id of a video", param="after")
    return found, int(limit), order
