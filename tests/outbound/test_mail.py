"""Mail, handed to a real SMTP server on this machine."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aigne_hub.base.errors import Unavailable
from aigne_hub.outbound.mail import Mailer, MailServer
from tests.outbound.certificates import Authority, make_authority

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authority(tmp_path)


class Postbox:
    """A small SMTP server (RFC 5321) that keeps what it is given."""

    def __init__(self, tls: ssl.SSLContext | None, *, at_once: bool) -> None:
        self.mails: list[str] = []
        self.port = 0
        self.is_secure = at_once
        self._tls = None if at_once else tls

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say("220 postbox")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                say("250-postbox\r\n250 STARTTLS" if self._tls and not self.is_secure else "250 postbox")
            elif verb == "STARTTLS" and self._tls:
                say("220 go on")
                try:
                    await writer.start_tls(self._tls)
                except ssl.SSLError:  # the client does not believe us
                    break
                self.is_secure = True
            elif verb == "DATA":
                say("354 go on")
                mail = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.mails.append(mail)
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        writer.close()


@asynccontextmanager
async def postbox(tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> AsyncIterator[Postbox]:
    """With `tls` it speaks TLS when asked to, or `at_once`."""
    box = Postbox(tls, at_once=at_once)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0, ssl=tls if at_once else None)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


def mailer(port: int, host: str = "127.0.0.1") -> Mailer:
    return Mailer(MailServer.parse(f"smtp://{host}:{port}/?from=hub@example.com"))


async def test_a_mail_arrives() -> None:
    async with postbox() as box:
        await mailer(box.port).send("ada@example.com", "Grüße", "Hello\n\nhttp://hub/link#token=x\n")
    (mail,) = box.mails
    assert "From: hub@example.com" in mail and "To: ada@example.com" in mail
    assert "http://hub/link#token=x" in mail


async def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(Unavailable, match="did not take the mail"):
        await mailer(1).send("ada@example.com", "s", "t")


async def test_no_mail_crosses_a_network_without_tls() -> None:
    async with postbox() as box:  # 0.0.0.0 leads here, and is no loopback address
        with pytest.raises(Unavailable):
            await mailer(box.port, "0.0.0.0").send("ada@example.com", "s", "t")
        assert box.mails == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_is_handed_over_within_tls(authority: Authority, scheme: str) -> None:
    trusting = authority.trusting
    trusting.check_hostname = False  # the certificate is another host's
    async with postbox(authority.server, at_once=scheme == "smtps") as box:
        server = MailServer.parse(f"{scheme}://0.0.0.0:{box.port}/?from=hub@example.com")
        await Mailer(server, tls=trusting).send("ada@example.com", "s", "t")
        assert (len(box.mails), box.is_secure) == (1, True)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_nobody_vouches_for_gets_no_mail(authority: Authority, scheme: str) -> None:
    async with postbox(authority.server, at_once=scheme == "smtps") as box:
        server = MailServer.parse(f"{scheme}://127.0.0.1:{box.port}/?from=hub@example.com")
        with pytest.raises(Unavailable):
            await Mailer(server).send("ada@example.com", "s", "t")
        assert box.mails == []


def test_a_servers_address_is_read_and_its_password_not_shown() -> None:
    server = MailServer.parse("smtps://me%40x:p%2Fw@mail.example.com/?from=hub@example.com")
    assert (server.host, server.port, server.user, server.password) == ("mail.example.com", 465, "me@x", "p/w")
    assert "p/w" not in repr(server)


@pytest.mark.parametrize("subject", ["a\nBcc: eve@example.com", "a\r\nb"])
async def test_a_subject_adds_no_header(subject: str) -> None:
    async with postbox() as box:
        with pytest.raises(ValueError, match=r"[Hh]eader"):
            await mailer(box.port).send("ada@example.com", subject, "t")
        assert box.mails == []
