"""What a provider is given lives here: the time of an attempt, how often it is made again, how many run at once."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct, structs

from aigne_hub.base.errors import BadRequest

MOST_RETRIES = 4
MOST_AT_ONCE = 10_000
MOST_PATTERNS = 50
LONGEST_PATTERN = 200
QUEUE_S = 10.0
_LEAST_S = 0.1
_LONGEST_S = {"connect_s": 300.0, "first_byte_s": 3600.0, "idle_s": 3600.0, "total_s": 86_400.0, "queue_s": 300.0}
_TIMES = ("connect_s", "first_byte_s", "idle_s", "total_s")
_PARTS = ("connect_s", "first_byte_s", "idle_s")  # of the total


class Trying(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How long one attempt may take, in seconds, and how often it is made again; None is as it is set further out."""

    connect_s: float | None = None
    first_byte_s: float | None = None
    idle_s: float | None = None
    total_s: float | None = None
    retries: int | None = None


class ProviderLimits(Trying, frozen=True, omit_defaults=True, rename="camel"):
    """What an operator says of a provider, as it is kept.

    `concurrency` is of calls that run at once, `queue` of calls that wait for one of them to end, for at most `queue_s`
    seconds. `models` are patterns of upstream names; of those that match a model, the first is what counts.
    """

    concurrency: int | None = None
    queue: int | None = None
    queue_s: float | None = None
    models: dict[str, Trying] = {}


class TargetLimits(Struct, frozen=True):
    """What counts for one target. `at_provider` and `with_credential` are calls at once; None is no limit."""

    trying: Trying
    at_provider: int | None = None
    with_credential: int | None = None
    queue: int = 0
    queue_s: float = QUEUE_S

    @property
    def has_slots(self) -> bool:
        return self.at_provider is not None or self.with_credential is not None


NONE = ProviderLimits()


def checked_limits(limits: ProviderLimits) -> ProviderLimits:
    """Raises BadRequest that says what is wrong, and where, unless they can be kept."""
    _check(limits, "limits", limits)
    if len(limits.models) > MOST_PATTERNS:
        raise BadRequest(f"a provider's limits have at most {MOST_PATTERNS} patterns of models", param="limits.models")
    for pattern, trying in limits.models.items():
        if not 1 <= len(pattern) <= LONGEST_PATTERN or not pattern.isprintable():
            raise BadRequest(
                f"a pattern of models has 1 to {LONGEST_PATTERN} characters, such as *-thinking", param="limits.models"
            )
        _check(trying, f"limits.models.{pattern}", _merged(limits, trying))
    if limits.concurrency is None and (limits.queue is not None or limits.queue_s is not None):
        raise BadRequest(
            "queue and queueS are for calls that wait because `concurrency` others run: give concurrency too",
            param="limits.concurrency",
        )
    _check_whole(limits.concurrency, 1, MOST_AT_ONCE, "limits.concurrency")
    _check_whole(limits.queue, 0, MOST_AT_ONCE, "limits.queue")
    _check_seconds("queue_s", limits.queue_s, "limits.queueS")
    return limits


def checked_concurrency(concurrency: int | None) -> int | None:
    """Of a credential; 0 is no limit. Raises BadRequest unless it can be one."""
    _check_whole(concurrency, 0, MOST_AT_ONCE, "concurrency")
    return concurrency or None


def with_changes(
    limits: ProviderLimits, pattern: str | None, changes: Mapping[str, float | int | None]
) -> ProviderLimits:
    """The limits with some of them changed: of the provider, or of the models of a pattern alone."""
    if pattern is None:
        return structs.replace(limits, **changes)
    trying = structs.replace(limits.models.get(pattern, Trying()), **changes)
    return structs.replace(limits, models={**limits.models, pattern: trying})


def without(limits: ProviderLimits, pattern: str | None) -> ProviderLimits:
    """No limits, or those without the ones of a pattern."""
    if pattern is None:
        return NONE
    return structs.replace(limits, models={name: one for name, one in limits.models.items() if name != pattern})


def resolved(limits: ProviderLimits, model: str, with_credential: int | None) -> TargetLimits | None:
    """What counts for a provider's model and one of its credentials; None when nothing is said of them."""
    if limits == NONE and with_credential is None:
        return None
    own = next((one for pattern, one in limits.models.items() if fnmatchcase(model, pattern)), None)
    queue = limits.concurrency or with_credential or 0 if limits.queue is None else limits.queue
    return TargetLimits(
        _merged(limits, own or Trying()),
        limits.concurrency,
        with_credential,
        queue,
        QUEUE_S if limits.queue_s is None else limits.queue_s,
    )


def longest_s(limits: ProviderLimits) -> float:
    """The longest that an attempt at any model may take, as far as it is said."""
    return max([one.total_s or 0.0 for one in (limits, *limits.models.values())])


def encoded(limits: ProviderLimits) -> str | None:
    return None if limits == NONE else msgspec.json.encode(limits).decode()


def decoded(text: str | None) -> ProviderLimits:
    return NONE if text is None else msgspec.json.decode(text, type=ProviderLimits)


def _merged(outer: Trying, inner: Trying) -> Trying:
    """What is said of the inner, and for the rest what is said of the outer."""
    told = {name: getattr(inner, name) for name in Trying.__struct_fields__}
    return Trying(**{name: getattr(outer, name) if value is None else value for name, value in told.items()})


def _check(trying: Trying, where: str, whole: Trying) -> None:
    """`whole` is what counts: a model's limits with those of its provider."""
    for name in _TIMES:
        _check_seconds(name, getattr(trying, name), f"{where}.{_shown(name)}")
    _check_whole(trying.retries, 0, MOST_RETRIES, f"{where}.retries")
    for name in _PARTS:
        part = getattr(whole, name)
        if part is not None and whole.total_s is not None and part > whole.total_s:
            raise BadRequest(
                f"{where}.{_shown(name)} ({part:g}) is longer than totalS ({whole.total_s:g}), which bounds it: "
                "give a smaller one, or a larger totalS",
                param=f"{where}.{_shown(name)}",
            )


def _check_seconds(name: str, value: float | None, where: str) -> None:
    longest = _LONGEST_S[name]
    if value is not None and not _LEAST_S <= value <= longest:
        raise BadRequest(f"{where} is a number of seconds from {_LEAST_S:g} to {longest:g}", param=where)


def _check_whole(value: int | None, least: int, most: int, where: str) -> None:
    if value is not None and not least <= value <= most:
        raise BadRequest(f"{where} is a whole number from {least} to {most}", param=where)


def _shown(name: str) -> str:
    """A field's name on the wire."""
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
