"""What a browser gets from the console."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest

from aigne_hub.console.headers import CONNECT_PATH
from aigne_hub.console.pages import Console, Message

pytestmark = pytest.mark.anyio

INDEX = b"<!doctype html><title>AIGNE Hub</title>"
SCRIPT = b"console.log('hello')" * 20
AS_PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(INDEX)
    (tmp_path / "assets" / "main-AbCd1234.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "main-AbCd1234.js.gz").write_bytes(gzip.compress(SCRIPT))
    return tmp_path


async def ask(console: Console, path: str, *, method: str = "GET", **fields: str) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    await console({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    start, body = sent
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    assert len(answered) == len(start["headers"]), "a header was sent twice"
    return Answer(start["status"], answered, body["body"])


@pytest.mark.parametrize("path", ["/", "/access-keys", "/link", CONNECT_PATH, "/sign-in"])
async def test_every_page_is_the_console(built: Path, path: str) -> None:
    answer = await ask(Console(built), path, **AS_PAGE)
    assert (answer.status, answer.body) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_front_door_opens_for_everyone(built: Path) -> None:
    assert (await ask(Console(built), "/", accept="*/*")).body == INDEX


async def test_an_asset_is_kept_for_ever_and_the_index_is_asked_for_again(built: Path) -> None:
    console = Console(built)
    script = await ask(console, "/assets/main-AbCd1234.js")
    assert (script.status, script.body) == (200, SCRIPT)
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]
    index = await ask(console, "/", **AS_PAGE)
    again = await ask(console, "/", if_none_match=f'"other", W/{index.headers["etag"]}', **AS_PAGE)
    assert (again.status, again.body) == (304, b"")
    assert "content-length" not in again.headers


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [("gzip, br", True), ("br, *", True), ("GZIP;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
async def test_the_compressed_copy_goes_to_whoever_takes_it(built: Path, accepted: str, is_compressed: bool) -> None:
    answer = await ask(Console(built), "/assets/main-AbCd1234.js", accept_encoding=accepted)
    assert ("content-encoding" in answer.headers) is is_compressed
    assert (gzip.decompress(answer.body) if is_compressed else answer.body) == SCRIPT
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["vary"] == "accept-encoding"


async def test_head_says_the_length_and_sends_nothing(built: Path) -> None:
    answer = await ask(Console(built), "/", method="HEAD", **AS_PAGE)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(INDEX)))


@pytest.mark.parametrize("path", ["/assets/gone.js", "/favicon.ico", "/assets/main-AbCd1234.js.gz"])
async def test_what_is_no_page_and_no_file_is_not_found(built: Path, path: str) -> None:
    answer = await ask(Console(built), path, accept="*/*")
    assert answer.status == 404
    assert INDEX not in answer.body


@pytest.mark.parametrize("path", ["/../secret", "/assets/../../secret", "/assets/..\\..\\secret", "//secret", "/."])
async def test_no_path_leads_out_of_the_build(built: Path, path: str) -> None:
    (built.parent / "secret").write_text("secret")
    assert (await ask(Console(built), path, accept="*/*")).status == 404
    assert (await ask(Console(built), path, **AS_PAGE)).body == INDEX


async def test_nothing_can_be_posted_to_a_page(built: Path) -> None:
    answer = await ask(Console(built), "/sign-in", method="POST", **AS_PAGE)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_hub_without_its_console_says_how_to_build_it(tmp_path: Path) -> None:
    console = Console(tmp_path)
    answer = await ask(console, "/", **AS_PAGE)
    assert (answer.status, console.is_built) == (503, False)
    assert b"make web" in answer.body
    assert (await ask(console, "/assets/main.js", accept="*/*")).status == 404


async def test_every_answer_has_the_security_headers(built: Path, tmp_path: Path) -> None:
    asked = [
        await ask(Console(built), "/", **AS_PAGE),
        await ask(Console(built), "/absent", accept="*/*"),
        await ask(Console(tmp_path / "absent"), "/", **AS_PAGE),
        await ask(Console(built), "/", method="POST"),
    ]
    for answer in asked:
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_connect_page_may_tell_the_window_that_opened_it(built: Path) -> None:
    answer = await ask(Console(built), CONNECT_PATH, **AS_PAGE)
    assert answer.headers["cross-origin-opener-policy"] == "unsafe-none"
