"""Where an answer is from: Google counts bytes, the middle characters (https://ai.google.dev/gemini-api/docs/google-search)."""

from __future__ import annotations

import msgspec
from google.genai.types import GroundingMetadata

from aigne_hub.dialects.chat import Citation, Text
from aigne_hub.dialects.gemini.grounding import Grounding, Recited, read_citations, write_grounding

TEXT = "Größe: Spain won."
WIRE = {
    "groundingChunks": [
        {"web": {"uri": "https://a.example", "title": "A"}},
        {"retrievedContext": {"uri": "gs://b", "title": "B"}},
        {"somethingNew": {}},
    ],
    "groundingSupports": [
        {"segment": {"startIndex": 9, "endIndex": 19, "text": "Spain won."}, "groundingChunkIndices": [0, 1, 2, 9]},
    ],
    "webSearchQueries": ["who won"],
}


def test_bytes_become_characters() -> None:
    found = read_citations(msgspec.convert(WIRE, Grounding), None, lambda _: TEXT)
    assert found == [
        (0, Citation("https://a.example", "A", None, 7, 17)),
        (0, Citation("gs://b", "B", None, 7, 17)),
    ]
    assert TEXT[7:17] == "Spain won."


def test_pages_without_a_place_belong_to_no_part() -> None:
    grounding = msgspec.convert({"groundingChunks": WIRE["groundingChunks"]}, Grounding)
    assert [place for place, _ in read_citations(grounding, None, lambda _: TEXT)] == [None, None]
    assert read_citations(None, None, lambda _: TEXT) == []


def test_what_was_recited_is_cited() -> None:
    recited = msgspec.convert({"citationSources": [{"endIndex": 8, "uri": "https://c.example"}]}, Recited)
    assert read_citations(None, recited, lambda _: TEXT) == [(0, Citation("https://c.example", None, None, 0, 6))]


def test_what_is_written_is_read_again_and_is_google_s() -> None:
    citations = (Citation("https://a.example", "A", None, 7, 17), Citation("https://b.example", None, None, 0, 17))
    written = write_grounding([(0, Text("x")), (2, Text(TEXT, citations=citations))])
    assert written is not None
    assert GroundingMetadata.model_validate(written).grounding_supports is not None
    found = read_citations(msgspec.convert(written, Grounding), None, lambda _: TEXT)
    assert found == [(2, citation) for citation in citations]
    assert write_grounding([(0, Text("x"))]) is None
