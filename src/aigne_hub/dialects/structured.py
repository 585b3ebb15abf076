"""Structured output lives here: what its schema must be, how a model is told in words, and whether it kept to that.

Providers that take a schema hold the model to it themselves; only what was asked for in words is checked here.
A model that calls a tool, or is cut short, answers later or not at all: its words are passed on as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.chat import Answer, Candidate, Cited, Ended, Event, Finish, Format, Text, TextPiece
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.showing import DROPPED, Lacks

FIELD = "response_format"  # by which a loss of it is named, whatever the caller's format
LACKS: Lacks = {"citations": DROPPED}  # what of an answer does not survive being held to a format

_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_LONGEST_REASON = 300
_LARGEST_REMEMBERED = 4 << 10  # bytes of a schema
_TOO_DEEP = "this is nested too deeply for a JSON schema"
_FOURTH = "http://json-schema.org/draft-04/schema#"  # by which many tools still say `exclusiveMinimum: true`
_DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    *[
        f"{draft}{end}"
        for draft in (
            "https://json-schema.org/draft/2019-09/schema",
            *[f"http://json-schema.org/draft-0{number}/schema" for number in (7, 6, 4)],
        )
        for end in ("", "#")
    ],
)

_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


class _Fault(NamedTuple):
    path: str  # below the schema
    reason: str


def checked_schema(schema: dict[str, Any], place: str) -> dict[str, Any]:
    """The schema, if it is one (JSON Schema, of the draft it names, or of the newest or the fourth). Raises BadRequest.

    A draft that is not known here is not fetched but left to the provider, and so is what a schema refers to.
    """
    if schema.get("$schema", _DRAFTS[0]) not in _DRAFTS:
        return schema
    try:
        written = _write(schema)
    except RecursionError as error:
        raise wrong(place, _TOO_DEEP) from error
    fault = _remembered_fault(written) if len(written) <= _LARGEST_REMEMBERED else _fault(written)
    if fault is not None:
        raise wrong(place + fault.path, fault.reason)
    return schema


def _fault(written: bytes) -> _Fault | None:
    """What makes a JSON object no schema."""
    from jsonschema_rs import ValidationError, meta

    schema = _read(written)
    try:
        meta.validate(schema)
    except ValidationError as error:
        if "$schema" not in schema and meta.is_valid({**schema, "$schema": _FOURTH}):
            return None
        path = "".join([f".{step}" if isinstance(step, str) else f"[{step}]" for step in error.instance_path])
        return _Fault(path, f"this is no JSON schema: {error.message[:_LONGEST_REASON]}")
    except ValueError:
        return _Fault("", _TOO_DEEP)
    return None


# An agent sends the same tools with each of its calls, and to look through one takes 30 µs.
_remembered_fault = lru_cache(maxsize=2048)(_fault)


def check_format(format: object, place: str, *steps: str) -> None:
    """Check the schema that lies `steps` below a format, or a tool, that goes on as it is.

    What is not known may stand there, and what is left out. Raises BadRequest.
    """
    found = format
    for step in steps:
        found = found.get(step) if isinstance(found, dict) else None
        place += f".{step}"
    if isinstance(found, dict):
        checked_schema(found, place)
    elif found is not None:
        raise wrong(place, "an object is expected here")


def check_tools(tools: Iterable[object], *steps: str) -> None:
    """Check the schemas of the arguments that lie `steps` below each tool. Raises BadRequest."""
    for i, tool in enumerate(tools):
        check_format(tool, f"tools[{i}]", *steps)


def in_words(format: Format) -> str:
    """What tells a model to answer so that takes no schema."""
    if format.schema is None:
        return "Answer with one JSON object and nothing else: no words around it, no code fence."
    schema = _write(format.schema).decode()
    return f"Answer with one JSON object and nothing else, no code fence. It must match this JSON schema:\n{schema}"


def kept_to(format: Format, text: str) -> str:
    """The JSON of an answer to `in_words`, without a fence around it. Raises UpstreamFailed when it is not as asked."""
    fenced = _FENCE.fullmatch(text)
    bare = text if fenced is None else fenced[1]
    try:
        value = _read(bare)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _not_as_asked("it is no JSON") from error
    if not isinstance(value, dict) and format.schema is None:
        raise _not_as_asked("it is no JSON object")
    validator = None if format.schema is None else _validator(_write(format.schema))
    broken = None if validator is None else next(validator.iter_errors(value), None)
    if broken is not None:
        raise _not_as_asked(broken.message)
    return bare


@lru_cache(64)
def _validator(schema: bytes) -> Any:
    """What checks values; None for a schema beyond what can be checked here, as nothing is fetched."""
    from jsonschema_rs import ValidationError, validator_for

    try:
        return validator_for(_read(schema), offline=True)
    except ValidationError:
        return None


class HeldTo:
    """Holds a model to a format of which it was told in words alone.

    What it says is held back until it is whole: no part of it is the JSON that the caller reads.
    """

    def __init__(self, format: Format) -> None:
        self._format = format
        self._said: dict[int, list[str]] = {}
        self.error: UpstreamFailed | None = None

    def answer(self, answer: Answer) -> Answer:
        """Raises UpstreamFailed."""
        return structs.replace(answer, candidates=tuple([self._candidate(one) for one in answer.candidates]))

    def events(self, events: list[Event]) -> list[Event]:
        """The events of a stream; what is said comes once, before its end. Sets `error` when it is not as asked."""
        passed: list[Event] = []
        for event in events:
            if isinstance(event, TextPiece):
                self._said.setdefault(event.choice, []).append(event.text)
            elif isinstance(event, Ended):
                passed += [*self._whole(event), event]
            elif not isinstance(event, Cited):
                passed.append(event)
        return passed

    def _candidate(self, candidate: Candidate) -> Candidate:
        said = "".join([part.text for part in candidate.parts if isinstance(part, Text)])
        if candidate.finish is not Finish.stop or not said:
            return candidate
        rest = [part for part in candidate.parts if not isinstance(part, Text)]
        return structs.replace(candidate, parts=(*rest, Text(kept_to(self._format, said))))

    def _whole(self, ended: Ended) -> list[Event]:
        said = "".join(self._said.pop(ended.choice, ()))
        if ended.finish is Finish.stop and said:
            try:
                said = kept_to(self._format, said)
            except UpstreamFailed as error:
                self.error = error
                return []
        return [TextPiece(said, ended.choice)] if said else []


def _not_as_asked(reason: str) -> UpstreamFailed:
    return UpstreamFailed(
        Failure.malformed,
        f"the model did not keep to the answer's format: {reason[:_LONGEST_REASON]}",
        code="format_not_kept",
    )
