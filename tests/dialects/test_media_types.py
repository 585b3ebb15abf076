"""Files that no model takes are told by their type and by their first bytes, and no others are."""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile

import pytest

from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.media_types import fault

OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def zipped(*names: str) -> str:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 50)
    return encoded(kept.getvalue())


def tarred(mode: str) -> str:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode=mode) as archive:  # type: ignore[call-overload]
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))
    return encoded(kept.getvalue())


def file(mime: str | None, data: str = "aGk=") -> Media:
    return Media(MediaKind.file, mime=mime, data=data)


@pytest.mark.parametrize(
    "data",
    [
        encoded(b"MZ\x90\x00" + b"\x00" * 60),
        encoded(b"\x7fELF\x02\x01\x01" + b"\x00" * 60),
        encoded(b"\xcf\xfa\xed\xfe\x07\x00\x00\x01"),
        encoded(b"\xca\xfe\xba\xbe\x00\x00\x00\x41"),
        encoded(b"\x00asm\x01\x00\x00\x00"),
        zipped("setup.exe"),
        zipped("a/b.txt", "word/document.xml"),
        tarred("w:gz"),
        tarred("w:bz2"),
        tarred("w:xz"),
        encoded(b"7z\xbc\xaf\x27\x1c\x00\x04"),
        encoded(b"Rar!\x1a\x07\x01\x00"),
        encoded(b"\x28\xb5\x2f\xfd\x24\x00"),
    ],
)
@pytest.mark.parametrize("mime", [None, "application/pdf", "application/octet-stream", "text/plain"])
def test_what_it_is_said_to_be_does_not_hide_a_program_or_an_archive(mime: str | None, data: str) -> None:
    assert "by its first bytes" in (fault(file(mime, data)) or "")


@pytest.mark.parametrize(
    "mime",
    [
        "application/zip",
        "application/x-zip-compressed",
        "Application/GZip",
        "application/x-tar",
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/x-rar-compressed",
        "application/x-msdownload",
        "application/x-executable",
        "application/vnd.microsoft.portable-executable",
        "application/java-archive",
        "application/wasm",
        "application/x-apple-diskimage",
    ],
)
def test_types_that_no_model_takes_are_told(mime: str) -> None:
    assert fault(file(mime)) is not None


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("application/pdf", encoded(b"%PDF-1.4")),
        (OFFICE, zipped("[Content_Types].xml", "word/document.xml")),
        (None, zipped("_rels/.rels")),
        ("application/epub+zip", zipped("mimetype", "META-INF/container.xml")),
        ("application/vnd.oasis.opendocument.text", zipped("mimetype")),
        ("application/msword", encoded(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
        ("text/x-python", encoded(b"import os")),
        ("text/plain", encoded(b"MZ is how programs begin")),
        ("text/plain", encoded(b"BZh is an abbreviation")),
        ("application/json", encoded(b"{}")),
        ("application/x-sh", encoded(b"#!/bin/sh")),
        ("application/octet-stream", encoded(b"anything")),
        (None, encoded(b"hi")),
    ],
)
def test_what_some_model_may_take_passes(mime: str | None, data: str) -> None:
    assert fault(file(mime, data)) is None


@pytest.mark.parametrize(
    "name", ["wav", "mpeg", "mp3", "aiff", "aac", "ogg", "flac", "m4a", "pcm16", "pcm24", "amr", "3gpp", "webm", "opus"]
)
def test_sounds_of_every_known_format_pass(name: str) -> None:
    assert fault(Media(MediaKind.audio, mime=f"audio/{name}", data="aGk=")) is None


@pytest.mark.parametrize("name", ["exe", "midi", "", "../x"])
def test_a_sound_of_no_known_format_is_told_by_its_name(name: str) -> None:
    assert fault(Media(MediaKind.audio, mime=f"audio/{name}", data="aGk=")) is not None


def test_what_is_at_an_address_is_judged_by_its_type_alone() -> None:
    assert fault(Media(MediaKind.file, url="https://x.example/a.bin")) is None
