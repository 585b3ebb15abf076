"""The page about providers is made here, of their rows: `python -m aigne_hub.providers.page > docs/providers.md`."""

from __future__ import annotations

import sys

from aigne_hub.providers.rows import KNOWN, UNKNOWN_DIALECTS, KnownProvider

_HEAD = """\
# Providers

The hub knows {count} providers by name. Each needs one line, which asks for the key, tries it and keeps it:

    aigne-hub provider add NAME [--base-url URL] [--api-key KEY]

A running hub follows within a second, and `NAME/model` can be called at once. "Speaks" lists the dialects that the
provider is called in, its preferred one first: a call in one of them goes on as it came; any other chat is
[translated](fidelity.md), as are pictures, embeddings and videos in OpenAI's words; what is none of it is refused with
400 `unsupported_call`. The key goes in the header that is named. Every address can be another one: say `--base-url`,
for a proxy or a region of your own.

This page is made of the rows in `src/aigne_hub/providers/rows.py`:
`python -m aigne_hub.providers.page > docs/providers.md`.

"""

_TAIL = """\
## Any other address

Whatever speaks as OpenAI or Anthropic does is a provider under a name of your choice:

    aigne-hub provider add my-vllm --base-url http://10.0.0.7:8000/v1
    aigne-hub provider add my-claude --base-url https://claude.example.com/v1 --dialect anthropic_messages

The address is that of the API's root: the hub appends `/chat/completions`, `/messages`, `/embeddings` and so on.
Without `--dialect` such a provider is taken to speak {unknown}.

`--dialect` may be given several times, the preferred one first, and says all that the provider speaks. The first one
also says how the key is shown: `anthropic_messages` as `x-api-key`, all others as a bearer. For a known name its row
says so, unless the first dialect is none of the row's.

A credential is tried before it is kept: the provider is asked for its list of models and, when it keeps none or a test
model is given, for a word in its preferred chat dialect. `--no-check` leaves that out. A server that wants no key is
given any word as one. What becomes of one that its provider refuses later is in [health](health.md).

Addresses on this machine or in a private network are allowed unless `HUB_PRIVATE_UPSTREAMS=off`
([settings](guide/settings.md)).

## What is known of a model

When a credential is taken, the models that its provider lists are kept with what is known of them: what each is called
for and can do, by its name; the size of its context and the provider's list prices, from data that comes with the hub.
Nothing is fetched for it, and it changes only when a credential is added, changed or checked, by an admin or by the hub
itself, which tries [a refused one](health.md) again.
"""

_QUIRKS = {
    "max_completion_tokens": "its limit of output is `max_completion_tokens`",
    "top_k": "takes `top_k`",
    "reasoning_content": "takes thoughts back in `reasoning_content`",
    "cache_control": "takes Anthropic's marks of what to cache",
    "cache_hour": "such marks may say an hour",
    "cache_breakpoint": "takes OpenAI's marks of what to cache, from GPT-5.6 on",
}


def page() -> str:
    """The whole page, as docs/providers.md has it."""
    head = _HEAD.format(count=len(KNOWN))
    tail = _TAIL.format(unknown=_listed(UNKNOWN_DIALECTS))
    return head + "\n".join(_section(KNOWN[name]) for name in sorted(KNOWN)) + "\n" + tail


def _section(row: KnownProvider) -> str:
    address = f"`{row.base_url}`" if row.base_url else f"your own, such as `{row.example_url}`"
    lines = [
        f"- Address: {address}",
        f"- Speaks: {_listed(row.dialects)}",
        f"- Key: `{row.keying}`",
        *([f"- Quirks: {', '.join(_QUIRKS[quirk] for quirk in sorted(row.quirks))}"] if row.quirks else []),
        f"- Source: <{row.source}>",
    ]
    where = f" --base-url {row.example_url}" if row.example_url else ""
    note = f"{row.note}\n\n" if row.note else ""
    body = "\n".join(lines)
    return f"## {row.display_name} (`{row.name}`)\n\n{body}\n\n{note}    aigne-hub provider add {row.name}{where}\n"


def _listed(dialects: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in dialects)


if __name__ == "__main__":
    sys.stdout.write(page())
