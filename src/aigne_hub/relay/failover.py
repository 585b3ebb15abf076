"""What the failure of one attempt means for the call lives here: try the next target, or stop; and what to tell."""

from __future__ import annotations

from collections.abc import Sequence

from aigne_hub.base.errors import Failure, UpstreamFailed

MOST_ATTEMPTS = 5  # of one call: who fails everywhere is told so soon, and an outage is not multiplied without end
_AGAIN_S = 5  # when all are throttled and none says for how long

# Another target may well answer what ended so. The kinds that are missing speak of the request or of its answer, which
# would be the same elsewhere: `rejected` (400, 413, 422, what a policy forbids …) and `oversized`.
_NEXT = frozenset(
    {
        Failure.refused,
        Failure.timeout,
        Failure.broken,
        Failure.forbidden_address,
        Failure.malformed,
        Failure.credential,
        Failure.throttled,
        Failure.overloaded,
    }
)
# But for these: the model is not there (any more), or the provider was too slow to read.
_NEXT_STATUSES = frozenset({404, 408, 410})

# The least telling first: what an operator has to mend, then what no retry mends, then what a later try may well mend.
_TELLING = (
    Failure.forbidden_address,
    Failure.credential,
    Failure.rejected,
    Failure.refused,
    Failure.malformed,
    Failure.broken,
    Failure.timeout,
    Failure.overloaded,
    Failure.throttled,
)


def may_go_on(error: UpstreamFailed) -> bool:
    """Whether the next target may be tried after this."""
    return error.kind in _NEXT or (error.kind is Failure.rejected and error.upstream_status in _NEXT_STATUSES)


def most_telling(errors: Sequence[UpstreamFailed]) -> UpstreamFailed:
    """What the caller is told of attempts that all failed, the last of them included.

    What ended the attempts for good is told. Else what gives most hope: of equals the last. When all were throttled,
    it says the shortest of the waits that were asked for, if any.
    """
    last = errors[-1]
    if len(errors) == 1 or not may_go_on(last):
        return last
    told = max(enumerate(errors), key=lambda one: (_TELLING.index(one[1].kind), one[0]))[1]
    if all(error.kind is Failure.throttled for error in errors):
        told.retry_after = min(
            [error.retry_after for error in errors if error.retry_after is not None], default=_AGAIN_S
        )
    return told
