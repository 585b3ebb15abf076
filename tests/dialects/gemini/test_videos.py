"""Google's videos: an operation that is asked for and looked at, and films of the Files API.

The shapes are those of https://ai.google.dev/gemini-api/docs/video.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.videos import GeminiVideos
from aigne_hub.dialects.videos import Stage, Video, Wish
from tests.dialects.chats import PICTURE, PIXEL

DIALECT = GeminiVideos()
NAME = "models/veo-3.1-generate-preview/operations/k8x2m4"


def told(**fields: Any) -> Video:
    return DIALECT.read_video(json.dumps({"name": NAME, **fields}).encode())


def made(**response: Any) -> Video:
    return told(done=True, response={"generateVideoResponse": response})


def test_a_wish_is_an_instance_with_parameters() -> None:
    losses = Losses()
    wish = Wish("a cat", 8, "1280x720", PICTURE, PICTURE, (PICTURE,), None, "dogs", "allow_adult")
    asked = DIALECT.write_wish(wish, "veo-3.1-generate-preview", losses)
    picture = {"bytesBase64Encoded": PIXEL, "mimeType": "image/png"}
    assert asked.path == b"/models/veo-3.1-generate-preview:predictLongRunning"
    assert json.loads(asked.body) == {
        "instances": [
            {
                "prompt": "a cat",
                "image": picture,
                "lastFrame": picture,
                "referenceImages": [{"image": picture, "referenceType": "asset"}],
            }
        ],
        "parameters": {
            "aspectRatio": "16:9",
            "resolution": "720p",
            "durationSeconds": 8,
            "negativePrompt": "dogs",
            "personGeneration": "allow_adult",
        },
    }
    assert not losses


def test_what_is_not_said_is_not_sent() -> None:
    assert json.loads(DIALECT.write_wish(Wish("a"), "veo-2", Losses()).body) == {"instances": [{"prompt": "a"}]}


@pytest.mark.parametrize(
    ("size", "ratio", "resolution", "loss"),
    [
        ("720x1280", "9:16", "720p", ""),
        ("1920x1080", "16:9", "1080p", ""),
        ("1792x1024", "16:9", "1080p", "size=approximated"),
        ("1080x1080", "16:9", "1080p", "size=approximated"),
        ("1080p", None, "1080p", ""),
    ],
)
def test_a_size_is_told_as_ratio_and_lines(size: str, ratio: str | None, resolution: str, loss: str) -> None:
    losses = Losses()
    parameters = json.loads(DIALECT.write_wish(Wish("a", size=size), "veo-3", losses).body)["parameters"]
    assert (parameters.get("aspectRatio"), parameters["resolution"], losses.header()) == (ratio, resolution, loss)


def test_a_picture_by_its_address_is_refused() -> None:
    with pytest.raises(BadRequest, match="by their bytes"):
        DIALECT.write_wish(Wish("a", image=Media(MediaKind.image, url="https://x.example/a.png")), "veo", Losses())


def test_an_operation_runs_and_ends() -> None:
    assert told() == Video(NAME, Stage.in_progress)
    assert (DIALECT.status_path(NAME), DIALECT.delete_path(NAME)) == (f"/{NAME}".encode(), None)
    uri = "https://generativelanguage.googleapis.com/v1beta/files/abc123:download?alt=media"
    done = made(generatedSamples=[{"video": {"uri": uri}}])
    assert (done.stage, done.places) == (Stage.completed, (b"/files/abc123:download?alt=media",))
    assert DIALECT.content_paths(done) == done.places
    with pytest.raises(BadRequest):
        DIALECT.content_paths(done, "thumbnail")


def test_what_was_filtered_is_the_request_s_fault_and_the_rest_is_not() -> None:
    filtered = made(raiMediaFilteredCount=1, raiMediaFilteredReasons=["It shows a person."]).trouble
    assert filtered is not None
    assert (filtered.is_refusal, filtered.message) == (True, "It shows a person.")
    refused, broken = (told(done=True, error={"code": code, "message": "no"}).trouble for code in (3, 13))
    assert refused is not None and broken is not None
    assert (refused.is_refusal, broken.is_refusal) == (True, False)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b'{"name":"models/a/../operations/b"}',
        b'{"name":"https://x.example/operations/b"}',
        json.dumps({"name": NAME, "done": True}).encode(),
        json.dumps({"name": NAME, "done": True, "response": {"generateVideoResponse": {}}}).encode(),
    ],
)
def test_what_is_no_operation_is_malformed(bad: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        DIALECT.read_video(bad)


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "https://x.example/a.mp4", "https://x/files/../keys", ""])
def test_a_film_elsewhere_is_not_fetched(uri: str) -> None:
    with pytest.raises(UpstreamFailed):
        made(generatedSamples=[{"video": {"uri": uri}}])
