"""The page of faults is made here, of the matrix: `python -m tests.faults.page > docs/faults.md`."""

from __future__ import annotations

import sys

from tests.faults.matrix import FAULTS, Case

_HEAD = """\
# Faults

What a provider may do, and what the caller gets: when it is the only target, and when another one is there that is
well. Each line is run through the real door against a scripted provider, plain and streamed, with one target and with
two, by callers in four dialects (Chat Completions, Messages, Responses, Gemini) who stay, and by callers who leave at
once, when the provider is asked, or when the answer begins. In each case the call is settled exactly once, and nothing
is left of it afterwards: no task, no connection, no memory (`tests/faults/test_matrix.py`).

- **answered**: the answer, whole.
- **502 `upstream_broken`**: an error with this status and code, in the caller's dialect. Nothing was sent before it.
- **asked twice**: [once more](limits.md#tries) after a moment, and both times it failed.
- **begun, then `upstream_broken`**: what came until then, and at last an error event in the caller's dialect. It counts
  as failed, with what is known of its use.
- **the other answers**: the next target's answer, whole; the caller sees nothing but `x-hub-attempts: 2`.

Why one is followed by the next and another is not is in [routing](routing.md), what is remembered of it in
[health](health.md).

| the provider … | plain, alone | plain, another is there | stream, alone | stream, another is there |
|---|---|---|---|---|
"""

_TAIL = """
This page is made of the table that the tests run: `python -m tests.faults.page > docs/faults.md`.
"""


def page() -> str:
    rows = [
        f"| {fault.words} | {alone(fault.plain)} | {with_another(fault.plain)} "
        f"| {alone(fault.streamed)} | {with_another(fault.streamed)} |\n"
        for fault in FAULTS.values()
    ]
    return _HEAD + "".join(rows) + _TAIL


def alone(case: Case | None) -> str:
    if case is None:
        return "-"
    if case.outcome is None:
        return "answered"
    code = f"`upstream_{case.outcome}`"
    if case.has_begun:
        return f"begun, then {code}"
    return f"{case.status} {code}" + (", asked twice" if case.tries > 1 else "")


def with_another(case: Case | None) -> str:
    return "the other answers" if case is not None and case.goes_on else alone(case)


if __name__ == "__main__":
    sys.stdout.write(page())
