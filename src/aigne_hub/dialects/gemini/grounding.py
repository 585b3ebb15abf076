"""Where an answer is from lives here: Google's grounding and its citations, read and written.

Sources: https://ai.google.dev/gemini-api/docs/google-search (grounding) and
https://ai.google.dev/api/generate-content#GroundingMetadata. Google counts bytes of a part, the middle characters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from aigne_hub.dialects.chat import Citation, Text


class _Segment(Struct, rename="camel"):
    start_index: int = 0
    end_index: int | None = None
    part_index: int = 0


class _Page(Struct):
    uri: str | None = None
    title: str | None = None


class _Chunk(Struct, rename="camel"):
    web: _Page | None = None
    retrieved_context: _Page | None = None
    maps: _Page | None = None


class _Support(Struct, rename="camel"):
    segment: _Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class Grounding(Struct, rename="camel"):
    grounding_chunks: list[_Chunk] | None = None
    grounding_supports: list[_Support] | None = None
    search_entry_point: Raw | UnsetType = UNSET


class _Source(Struct, rename="camel"):
    start_index: int = 0
    end_index: int | None = None
    uri: str | None = None
    title: str | None = None


class Recited(Struct, rename="camel"):
    """Google's name for it is citationMetadata."""

    citation_sources: list[_Source] | None = None


def read_citations(
    grounding: Grounding | None, recited: Recited | None, text_of: Callable[[int], str]
) -> list[tuple[int | None, Citation]]:
    """Each citation, and the part that cites; None when that was not said. `text_of` gives a part's text."""
    found: list[tuple[int | None, Citation]] = []
    for source in (recited.citation_sources if recited else None) or ():
        start, end = _characters(text_of(0), source.start_index, source.end_index)
        found.append((0, Citation(source.uri, source.title, None, start, end)))
    pages = [
        chunk.web or chunk.retrieved_context or chunk.maps for chunk in (grounding and grounding.grounding_chunks) or ()
    ]
    supports = (grounding and grounding.grounding_supports) or ()
    if not supports:
        return found + [(None, Citation(page.uri, page.title)) for page in pages if page is not None]
    for support in supports:
        segment = support.segment or _Segment()
        text = text_of(segment.part_index)
        start, end = _characters(text, segment.start_index, segment.end_index)
        for index in support.grounding_chunk_indices or ():
            page = pages[index] if 0 <= index < len(pages) else None
            if page is not None:
                found.append((segment.part_index, Citation(page.uri, page.title, None, start, end)))
    return found


def write_grounding(texts: list[tuple[int, Text]]) -> dict[str, Any] | None:
    """The grounding of texts that stand at these places among the parts; None when none of them cites.

    What does not say which words cite counts for all of its text.
    """
    pages: dict[tuple[str | None, str | None], int] = {}
    supports: list[dict[str, Any]] = []
    for index, text in texts:
        for citation in text.citations:
            place = pages.setdefault((citation.url, citation.title), len(pages))
            start = citation.start or 0
            said = text.text[start : citation.end]
            begin = len(text.text[:start].encode())
            segment: dict[str, Any] = {"startIndex": begin, "endIndex": begin + len(said.encode()), "text": said}
            if index:
                segment["partIndex"] = index
            supports.append({"segment": segment, "groundingChunkIndices": [place]})
    if not pages:
        return None
    chunks = [
        {"web": {name: value for name, value in (("uri", url), ("title", title)) if value}} for url, title in pages
    ]
    return {"groundingChunks": chunks, "groundingSupports": supports}


def _characters(text: str, start: int, end: int | None) -> tuple[int, int | None]:
    encoded = text.encode()
    return (
        len(encoded[: max(0, start)].decode("utf-8", "ignore")),
        None if end is None else len(encoded[: max(0, end)].decode("utf-8", "ignore")),
    )
