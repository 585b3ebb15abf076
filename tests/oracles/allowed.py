"""Where the hub's request may differ from that of the client of the provider's own maker, and why, lives here."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracles.conftest import KEY

ANY = "*"
EITHER_HEADER = "a key is taken in either header"
NAMELESS = "inline data has no name in Google's format; where the provider demands one it is made up"
OTHER_ADDRESS = "the provider bears another name than OpenAI: it might refuse what only OpenAI is known to take"
ONE_AT_A_TIME = "Google's callers cannot ask for one at a time"


@dataclass(frozen=True)
class Allowed:
    """A difference that is right: at a provider, for a caller and call, at a place, from what is theirs to ours."""

    provider: str
    caller: str
    case: str
    place: str
    how: str
    why: str


ALLOWED = (
    Allowed(
        "anthropic_messages",
        ANY,
        ANY,
        "headers.anthropic-version",
        '"2026-10-21" -> "2023-06-01"',
        "of a translated call the hub says the version whose words it writes, such as temperature; versions stay",
    ),
    Allowed(
        "anthropic_messages",
        ANY,
        ANY,
        "headers.authorization",
        f'"Bearer {KEY}" -> -',
        EITHER_HEADER,
    ),
    Allowed("anthropic_messages", ANY, ANY, "headers.x-api-key", f'- -> "{KEY}"', EITHER_HEADER),
    Allowed(
        "openai_responses",
        ANY,
        ANY,
        "body.store",
        "- -> false",
        "what is said through the hub stays with its caller",
    ),
    Allowed(
        "openai_responses",
        ANY,
        ANY,
        "body.include",
        '- -> ["reasoning.encrypted_content"]',
        "a thought that nobody stores comes back in the next turn, sealed",
    ),
    Allowed(
        "gemini",
        ANY,
        ANY,
        "version",
        '"v1" -> "v1beta"',
        "the address of the provider names the version; v1beta has all that v1 has",
    ),
    Allowed(
        "openai_chat",
        "gemini",
        "document",
        "body.messages.0.content.0.file.filename",
        '"notes.pdf" -> "document.pdf"',
        NAMELESS,
    ),
    Allowed(
        "openai_responses",
        "gemini",
        "document",
        "body.input.0.content.0.filename",
        '"notes.pdf" -> "document.pdf"',
        NAMELESS,
    ),
    Allowed(
        "bedrock_converse",
        "gemini",
        "document",
        "body.messages.0.content.0.document.name",
        '"notes" -> "document"',
        NAMELESS,
    ),
    Allowed(
        "anthropic_messages",
        "gemini",
        "document",
        "body.messages.0.content.0.title",
        '"notes.pdf" -> -',
        NAMELESS,
    ),
    Allowed(
        "openai_chat",
        "gemini",
        "one_tool",
        "body.parallel_tool_calls",
        "false -> -",
        ONE_AT_A_TIME,
    ),
    Allowed(
        "openai_responses",
        "gemini",
        "one_tool",
        "body.parallel_tool_calls",
        "false -> -",
        ONE_AT_A_TIME,
    ),
    Allowed(
        "anthropic_messages",
        "gemini",
        "one_tool",
        "body.tool_choice.disable_parallel_tool_use",
        "true -> -",
        ONE_AT_A_TIME,
    ),
    Allowed(
        "openai_responses",
        "gemini",
        "effort",
        "body.reasoning.summary",
        '- -> "auto"',
        "includeThoughts asks to see the thoughts",
    ),
    *[
        Allowed(
            "openai_responses",
            ANY,
            "cached",
            f"body.input.0.content.{part}.prompt_cache_breakpoint",
            '{"mode": "explicit"} -> -',
            OTHER_ADDRESS,
        )
        for part in (0, 1)
    ],
)


def expected(provider: str, caller: str, case: str) -> dict[str, str]:
    """The differences that there must be, no fewer and no more."""
    return {
        one.place: one.how
        for one in ALLOWED
        if one.provider == provider and one.caller in (ANY, caller) and one.case in (ANY, case)
    }
