"""What a notice is, and how a webhook is signed, lives here.

The signature is that of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, version 1.0.0), for
which there are libraries in most languages.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32


class Event(StrEnum):
    """What has happened."""

    credential_deactivated = "credential.deactivated"
    credential_reactivated = "credential.reactivated"
    credential_given_up = "credential.given_up"
    model_unavailable = "model.unavailable"
    model_available = "model.available"
    test = "test"


class Channel(StrEnum):
    webhook = "webhook"
    mail = "mail"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice on its way to one receiver. `about` is the thing it tells of, `body` its JSON text."""

    id: int
    notice_id: int  # the same for all receivers
    channel: Channel
    user_id: int | None  # who is mailed
    event: Event
    about: str
    body: str
    created_ms: int
    due_ms: int | None  # None when it needs no more sending
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str = field(repr=False)  # some hold a token of their receiver's
    sealed: bytes = field(repr=False)

    @property
    def shown_url(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def secret_text(secret: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, notice_id: str, at_s: int, body: bytes) -> list[tuple[bytes, bytes]]:
    """The headers by which a receiver knows that the hub sent this, and when."""
    signed = b"%b.%d.%b" % (notice_id.encode(), at_s, body)
    digest = base64.b64encode(hmac.new(secret, signed, sha256).digest())
    return [
        (b"webhook-id", notice_id.encode()),
        (b"webhook-timestamp", b"%d" % at_s),
        (b"webhook-signature", b"v1," + digest),
    ]
