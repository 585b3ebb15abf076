"""How a key's limits are told on the wire, and what a call is assumed to use, live here."""

from __future__ import annotations

from aigne_hub.access.limits import Lease
from aigne_hub.dialects.call import Call
from aigne_hub.edge.wire import Headers

_BYTES_PER_TOKEN = 4  # of English text, roughly; a call's true use replaces it at its end


def estimated_tokens(call: Call) -> int:
    """What a call is assumed to use while it runs: its input. Its output is counted at its end."""
    return len(call.body) // _BYTES_PER_TOKEN + 1


def standing_headers(lease: Lease) -> Headers:
    """Where a key stands, in the headers that OpenAI's clients know (its guide to rate limits)."""
    headers: Headers = []
    for unit, standing in ((b"requests", lease.requests), (b"tokens", lease.tokens)):
        if standing is not None:
            headers += [
                (b"x-ratelimit-limit-" + unit, b"%d" % standing.limit),
                (b"x-ratelimit-remaining-" + unit, b"%d" % standing.left),
                (b"x-ratelimit-reset-" + unit, b"%ds" % standing.reset_s),
            ]
    if headers:
        headers.append((b"access-control-expose-headers", b", ".join(name for name, _ in headers)))
    return headers
