"""What a row of the journal says lives here: who, what, to which thing, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    done = "done"
    refused = "refused"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where.

    `kind` is `user` (a person or service account, by whatever means), `shell` (someone with the data
    directory), `client` (an OAuth client that has shown who it is), `system` (the hub itself) or `anyone`
    (nobody known). `means` is what a user showed: `key`,
    `token`, `session`, `jwt` or `signature`, with the id of it.
    """

    kind: str
    id: int | None = None
    name: str | None = None
    means: str | None = None
    means_id: int | None = None
    address: str | None = None
    request_id: str | None = None


SHELL = Actor("shell")
SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Target:
    """The thing that is acted on: `kind` is a word of the house (`user`, `key`, `client` …)."""

    kind: str
    id: str
    name: str | None = None


Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal, as it is kept. `before` and `after` are JSON texts without secrets."""

    seq: int
    at_ms: int
    actor: Actor
    action: str
    target: Target | None
    outcome: Outcome
    before: str | None
    after: str | None
    hash: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted; None does not narrow. `actor` and `target` are ids."""

    action: str | None = None
    actor: int | None = None
    target: str | None = None
    outcome: Outcome | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of the chain found. `head` is the newest row's hash, to be kept elsewhere and compared."""

    rows: int
    first_bad: int | None
    problem: str | None
    head: bytes = field(repr=False)
