"""A circuit breaker of one provider's model lives here: it opens when the model is down, and probes until it is up."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
PROBE_S = 60.0  # a probe of which nothing was heard is another call's after this time: its caller may have hung up
FORGET_S = 600.0  # failures so far apart are not consecutive, whatever was called in between


@dataclass(slots=True)
class Probing:
    """When the one probe of something that is shut may be made: `opens_s` is when the next one may begin."""

    opens_s: float
    is_running: bool = False

    def begin(self, now: float) -> None:
        """An attempt is being made: it is the probe, unless it was planned before this was shut."""
        if now >= self.opens_s:
            self.opens_s = now + PROBE_S
            self.is_running = True

    def release(self, now: float) -> None:
        """The probe was given up before it showed anything: another may be made."""
        if self.is_running:
            self.opens_s = min(self.opens_s, now)
            self.is_running = False


@dataclass(slots=True)
class Circuit:
    """Failures in a row. It is open while `probing` is there; a success ends the circuit altogether."""

    failures: int = 0
    failed_s: float = 0.0
    pause_s: float = 0.0
    waits_until_s: float = 0.0
    is_prompt: bool = False  # the last failure came at once, and said nothing of when to come back
    probing: Probing | None = None

    def fail(self, now: float, wait_s: float | None, *, is_prompt: bool = False) -> None:
        """Count a failure. `wait_s` is when to come back, as the provider said: it is down by its own word."""
        self.is_prompt = is_prompt and not wait_s
        if self.probing is None and now - self.failed_s >= FORGET_S:
            self.failures = 0
        self.failures += 1
        self.failed_s = now
        if self.probing is not None and now < self.waits_until_s:
            return  # of a call that was begun before: nothing new
        if self.failures >= FAILURES_TO_OPEN or wait_s:
            self.pause_s = min(self.pause_s * 2 or FIRST_PAUSE_S, LONGEST_PAUSE_S)
            self.waits_until_s = now + max(self.pause_s, min(wait_s or 0.0, LONGEST_PAUSE_S))
            self.probing = Probing(self.waits_until_s)

    def is_over(self, now: float) -> bool:
        return now - self.failed_s >= FORGET_S + LONGEST_PAUSE_S
