"""Whole answers of generateContent live here, read into the middle and written from it.

Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, structs

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects import media
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
    Finish,
    Media,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.gemini import signatures
from aigne_hub.dialects.gemini.grounding import Grounding, Recited, read_citations, write_grounding
from aigne_hub.dialects.gemini.logprobs import Logprobs, read_logprobs, write_logprobs
from aigne_hub.dialects.gemini.usage import WireUsage, read_usage, write_usage
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, Lacks
from aigne_hub.dialects.usage import Usage

# Calls that cannot be used and answers without form are filtered too: nothing that may be called finished came of them.
_FILTERED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
)
FINISHES = {"STOP": Finish.stop, "MAX_TOKENS": Finish.length, **dict.fromkeys(_FILTERED, Finish.filter)}
_WRITTEN_FINISHES = {
    Finish.length: "MAX_TOKENS",
    Finish.filter: "SAFETY",
    Finish.refusal: "SAFETY",
    Finish.pause: "OTHER",
}
# A refusal's words are shown as text.
LACKS: Lacks = {
    **dict.fromkeys(("refusal", "finish.refusal", "finish.pause"), APPROXIMATED),
    **dict.fromkeys(("citations.quote", "stop_sequence"), DROPPED),
}

_write = msgspec.json.Encoder().encode


class Function(Struct):
    name: str = ""
    id: str | None = None
    args: dict[str, Any] | None = None


class Blob(Struct, rename="camel"):
    mime_type: str | None = None
    data: str = ""


class File(Struct, rename="camel"):
    mime_type: str | None = None
    file_uri: str = ""


class WirePart(Struct, rename="camel"):
    text: str | None = None
    thought: bool = False
    thought_signature: str | None = None
    function_call: Function | None = None
    inline_data: Blob | None = None
    file_data: File | None = None
    executable_code: Raw | UnsetType = UNSET
    code_execution_result: Raw | UnsetType = UNSET

    @property
    def unknown(self) -> str | None:
        """What of Google's own tools it is, which the middle has no word for."""
        if self.executable_code is not UNSET:
            return "executableCode"
        return None if self.code_execution_result is UNSET else "codeExecutionResult"

    @property
    def seal(self) -> Seal | None:
        return Seal(signatures.NAME, self.thought_signature) if self.thought_signature else None

    @property
    def media(self) -> Media | None:
        if self.inline_data is not None:
            mime = self.inline_data.mime_type
            return Media(media.kind_of(mime), mime=mime, data=signatures.standard(self.inline_data.data))
        if self.file_data is not None:
            return Media(
                media.kind_of(self.file_data.mime_type), mime=self.file_data.mime_type, url=self.file_data.file_uri
            )
        return None


class _Content(Struct):
    parts: list[WirePart] | None = None


class WireCandidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    index: int = 0
    grounding_metadata: Grounding | None = None
    citation_metadata: Recited | None = None
    logprobs_result: Logprobs | None = None

    @property
    def parts(self) -> list[WirePart]:
        return (self.content.parts if self.content is not None else None) or []

    @property
    def unknown(self) -> list[str]:
        """What it says that the middle has no word for."""
        found = [name for part in self.parts if (name := part.unknown) is not None]
        if self.grounding_metadata is not None and self.grounding_metadata.search_entry_point is not UNSET:
            found.append("searchEntryPoint")
        if self.finish_reason is not None and self.finish_reason not in FINISHES:
            found.append(f"finish.{self.finish_reason}")
        return found

    def citations(self, text_of: Callable[[int], str]) -> list[tuple[int | None, Citation]]:
        return read_citations(self.grounding_metadata, self.citation_metadata, text_of)


class Feedback(Struct, rename="camel"):
    """Told when the prompt itself was refused: then there are no candidates."""

    block_reason: str | None = None
    block_reason_message: str | None = None


class WireAnswer(Struct, rename="camel"):
    candidates: list[WireCandidate] | None = None
    prompt_feedback: Feedback | None = None
    usage_metadata: WireUsage | None = None
    model_version: str | None = None
    response_id: str | None = None

    @property
    def is_blocked(self) -> bool:
        return (
            not self.candidates and self.prompt_feedback is not None and self.prompt_feedback.block_reason is not None
        )


_read = msgspec.json.Decoder(WireAnswer).decode


def read_wire_usage(body: bytes) -> Usage | None:
    """Raises UpstreamFailed when the body is not an answer."""
    return read_usage(_decoded(body).usage_metadata)


def read_answer(body: bytes) -> Answer:
    """Raises UpstreamFailed when the body is not an answer."""
    answer = _decoded(body)
    id = answer.response_id
    candidates = [_candidate(one, id) for one in answer.candidates or ()]
    if answer.is_blocked:
        said = answer.prompt_feedback.block_reason_message if answer.prompt_feedback else None
        candidates = [Candidate((Refusal(said),) if said else (), Finish.filter)]
    unknown = tuple([thing for one in answer.candidates or () for thing in one.unknown])
    return Answer(id, answer.model_version, tuple(candidates), read_usage(answer.usage_metadata), unknown=unknown)


def read_finish(reason: str, *, has_calls: bool) -> Finish:
    finish = FINISHES.get(reason, Finish.stop)
    return Finish.tools if finish is Finish.stop and has_calls else finish


def call_id(call: Function, answer_id: str | None, number: int) -> str:
    """The call's own id, or one that no other answer of the conversation has."""
    return call.id or f"call_{answer_id or 'none'}_{number}"


def write_answer(answer: Answer, *, id: str, model: str) -> dict[str, Any]:
    """`id` and `model` stand in where the provider said none."""
    return {
        "candidates": [_written_candidate(i, candidate) for i, candidate in enumerate(answer.candidates)],
        "usageMetadata": write_usage(answer.usage or Usage()),
        "modelVersion": answer.model or model,
        "responseId": answer.id or id,
    }


def write_finish(finish: Finish | None) -> str:
    return "STOP" if finish is None else _WRITTEN_FINISHES.get(finish, "STOP")


def written_call(id: str, name: str, arguments: str, seal: Seal | None) -> dict[str, Any]:
    written: dict[str, Any] = {"functionCall": {"id": id, "name": name, "args": as_object(arguments)}}
    return written if seal is None else {**written, "thoughtSignature": signatures.shown(seal)}


def written_media(made: Media) -> dict[str, Any]:
    if made.data is None:
        return {"fileData": {"fileUri": made.url or "", **({"mimeType": made.mime} if made.mime else {})}}
    mime = made.mime or media.sniffed(made.data) or "application/octet-stream"
    return {"inlineData": {"mimeType": mime, "data": made.data}}


def _decoded(body: bytes) -> WireAnswer:
    try:
        answer = _read(body)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not one of generateContent") from error
    if answer.candidates is None and answer.prompt_feedback is None and answer.usage_metadata is None:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not one of generateContent")
    return answer


def _candidate(candidate: WireCandidate, answer_id: str | None) -> Candidate:
    texts = [part.text or "" for part in candidate.parts]
    cited: dict[int | None, list[Citation]] = {}
    for place, citation in candidate.citations(lambda i: texts[i] if 0 <= i < len(texts) else ""):
        cited.setdefault(place, []).append(citation)
    parts: list[Part] = []
    calls = 0
    for place, part in enumerate(candidate.parts):
        if part.function_call is not None:
            call = part.function_call
            id = call_id(call, answer_id, calls)
            parts.append(ToolUse(id, call.name, _write(call.args or {}).decode(), part.seal))
            calls += 1
        elif part.thought and part.text is not None:
            parts.append(Thinking(part.text, part.seal))
        else:
            parts += _said(part, tuple(cited.get(place, ())))
    if None in cited:
        _cite_last(parts, cited[None])
    reason = candidate.finish_reason
    finish = None if reason is None else read_finish(reason, has_calls=calls > 0)
    return Candidate(tuple(parts), finish, logprobs=read_logprobs(candidate.logprobs_result))


def _said(part: WirePart, citations: tuple[Citation, ...]) -> list[Part]:
    """A text or a picture; its signature stands alone after it, as other formats have no place for it there."""
    found: list[Part] = []
    if part.text:
        found.append(Text(part.text, citations=citations))
    elif (made := part.media) is not None:
        found.append(made)
    if part.seal is not None:
        found.append(Thinking("", part.seal))
    return found


def _cite_last(parts: list[Part], citations: list[Citation]) -> None:
    for i in range(len(parts) - 1, -1, -1):
        part = parts[i]
        if isinstance(part, Text):
            parts[i] = structs.replace(part, citations=(*part.citations, *citations))
            return


def _written_candidate(index: int, candidate: Candidate) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    texts: list[tuple[int, Text]] = []
    for part in candidate.parts:
        if isinstance(part, Text):
            texts.append((len(parts), part))
        if (one := _written(part)) is not None:
            parts.append(one)
    written: dict[str, Any] = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": write_finish(candidate.finish),
        "index": index,
    }
    if (grounding := write_grounding(texts)) is not None:
        written["groundingMetadata"] = grounding
    if candidate.logprobs is not None:
        written["logprobsResult"] = write_logprobs(candidate.logprobs)
    return written


def _written(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text | Refusal):
        return {"text": part.text}
    if isinstance(part, Thinking):
        thought: dict[str, Any] = {"text": part.text, "thought": True}
        return thought if part.seal is None else {**thought, "thoughtSignature": signatures.shown(part.seal)}
    if isinstance(part, ToolUse):
        return written_call(part.id, part.name, part.arguments, part.seal)
    return written_media(part) if isinstance(part, Media) else None
