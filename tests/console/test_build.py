"""What of a build can be asked for, and as what."""

from __future__ import annotations

from pathlib import Path

from aigne_hub.console.build import read_build


def _write(folder: Path, **files: bytes) -> None:
    for name, body in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def test_each_file_is_known_by_its_path_with_its_type(tmp_path: Path) -> None:
    _write(tmp_path, index_html=b"<p>", assets__a_js=b"1", mark_svg=b"<svg/>", assets__odd_xyz=b"?")
    files = read_build(tmp_path)
    assert {path: file.content_type for path, file in files.items()} == {
        "/index.html": b"text/html; charset=utf-8",
        "/assets/a.js": b"text/javascript; charset=utf-8",
        "/mark.svg": b"image/svg+xml",
        "/assets/odd.xyz": b"application/octet-stream",
    }
    assert {path for path, file in files.items() if file.is_immutable} == {"/assets/a.js", "/assets/odd.xyz"}


def test_a_compressed_copy_is_no_file_of_its_own(tmp_path: Path) -> None:
    _write(tmp_path, index_html=b"<p>", assets__a_js=b"1", assets__a_js_gz=b"zip")
    files = read_build(tmp_path)
    assert set(files) == {"/index.html", "/assets/a.js"}
    assert files["/assets/a.js"].compressed == b"zip"
    assert files["/index.html"].compressed is None


def test_the_tag_follows_the_content(tmp_path: Path) -> None:
    _write(tmp_path, index_html=b"one")
    before = read_build(tmp_path)["/index.html"].etag
    assert read_build(tmp_path)["/index.html"].etag == before
    _write(tmp_path, index_html=b"two")
    assert read_build(tmp_path)["/index.html"].etag != before


def test_a_folder_without_an_index_is_no_build(tmp_path: Path) -> None:
    _write(tmp_path, assets__a_js=b"1")
    assert read_build(tmp_path) == {}
    assert read_build(tmp_path / "absent") == {}
