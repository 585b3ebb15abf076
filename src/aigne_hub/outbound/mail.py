"""Mail leaves here: one message at a time over SMTP, by the standard library's client in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from aigne_hub.base.errors import Unavailable

_TIMEOUT_S = 20.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over: `smtp://user:password@host:587/?from=hub@example.com`."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def parse(cls, url: str) -> MailServer:
        parts = urlsplit(url)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=parse_qs(parts.query)["from"][0],
        )


class Mailer:
    """Hands mail to one server. Unless that is this machine, never without TLS.

    `tls` replaces the system's trust store.
    """

    def __init__(self, server: MailServer, *, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls = tls or ssl.create_default_context()

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raises Unavailable when the server does not take it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._server.sender, to, subject
        message.set_content(text)
        try:
            await asyncio.to_thread(self._hand_over, message)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server did not take the mail: {type(error).__name__}") from error

    def _hand_over(self, message: EmailMessage) -> None:
        server = self._server
        if server.scheme == "smtps":
            with smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=self._tls) as smtp:
                self._log_in_and_send(smtp, message)
            return
        with smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S) as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            elif not _is_here(server.host):
                raise smtplib.SMTPNotSupportedError("the server offers no TLS")
            self._log_in_and_send(smtp, message)

    def _log_in_and_send(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        if self._server.user:
            smtp.login(self._server.user, self._server.password)
        smtp.send_message(message)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
