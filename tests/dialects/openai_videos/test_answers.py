"""What is told of a video: read from a provider, edited for a caller, or in the hub's own words."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.gemini.videos import GeminiVideos
from aigne_hub.dialects.openai_videos import answers
from aigne_hub.dialects.openai_videos.answers import Told
from aigne_hub.dialects.openai_videos.dialect import OpenAIVideos
from aigne_hub.dialects.videos import Stage, Trouble

# The fields of https://developers.openai.com/api/reference/resources/videos, in a provider's own order.
QUEUED = {
    "id": "video_68d7512d07848190b3e45da0ecbebcde004da08e1e0678d5",
    "object": "video",
    "created_at": 1758941485,
    "status": "queued",
    "completed_at": None,
    "error": None,
    "expires_at": None,
    "model": "sora-2",
    "progress": 0,
    "prompt": "a cat",
    "remixed_from_video_id": None,
    "seconds": "8",
    "size": "1280x720",
}


def read(**changes: Any) -> Any:
    return answers.read(json.dumps({**QUEUED, **changes}).encode())


def test_a_job_is_read() -> None:
    video = read()
    assert (video.id, video.stage, video.progress, video.seconds) == (QUEUED["id"], Stage.queued, 0, 8)
    done = read(status="completed", progress=100, completed_at=1758941600, expires_at=1758945200)
    assert (done.stage, done.completed_s, done.expires_s) == (Stage.completed, 1758941600, 1758945200)
    failed = read(status="failed", error={"code": "moderation_blocked", "message": "No."})
    assert failed.trouble == Trouble("moderation_blocked", "No.", is_refusal=True)


def test_others_who_serve_the_format_say_it_in_other_words() -> None:
    assert read(status="processing").stage is Stage.in_progress
    assert read(status="succeeded").stage is Stage.completed
    assert read(status="expired", error="too late").trouble == Trouble("video_failed", "too late")
    assert (read(seconds=6.0, progress=33.3).seconds, read(seconds="soon").seconds) == (6, None)


def test_what_no_row_holds_is_not_taken_over() -> None:
    odd = read(size="a\x00b", completed_at=1e300, expires_at=-1, progress=-5.5)
    assert (odd.size, odd.completed_s, odd.expires_s, odd.progress) == (None, None, None, 0)


@given(st.binary(max_size=200) | st.from_regex(rb"\{\"id\":.{0,60}\}", fullmatch=True))
def test_whatever_is_answered_is_a_job_or_malformed(answer: bytes) -> None:
    for dialect in (OpenAIVideos(), GeminiVideos()):
        with suppress(UpstreamFailed):
            dialect.read_video(answer)


@pytest.mark.parametrize("bad", [b"", b"[]", b"{}", b'{"id":""}', b'{"id":"../keys"}', b'{"id":".."}', b'{"id":"a/b"}'])
def test_what_is_no_job_is_malformed(bad: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        answers.read(bad)


def test_only_the_ids_are_put_in_their_place() -> None:
    answer = json.dumps({**QUEUED, "x_new": [1, {"id": "inner"}]}).encode()
    shown = json.loads(answers.edited(answer, 77, None))
    assert shown == {**QUEUED, "id": "video_77", "x_new": [1, {"id": "inner"}]}
    remix = json.dumps({**QUEUED, "remixed_from_video_id": "video_upstream"}).encode()
    assert json.loads(answers.edited(remix, 77, 76))["remixed_from_video_id"] == "video_76"
    assert json.loads(answers.edited(remix, 77, None))["remixed_from_video_id"] is None


def test_the_hub_s_ids_are_read_and_no_others() -> None:
    assert answers.read_id("video_77") == 77
    for other in ("77", "video_", "video_07", "video_x", "video_77/", "video_" + "9" * 19, "video_\u0667"):
        assert answers.read_id(other) is None


def test_the_hub_tells_in_the_same_shape() -> None:
    told = Told(7, 1, "veo-3", Stage.failed, 0, 8.0, None, Trouble("c", "m"), None, None, 6)
    shown = json.loads(answers.written(told))
    assert set(shown) == set(QUEUED) - {"prompt"}
    assert (shown["id"], shown["seconds"], shown["error"]) == ("video_7", "8", {"code": "c", "message": "m"})
    assert shown["remixed_from_video_id"] == "video_6"
    page = json.loads(answers.written_list([told], has_more=True))
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("video_7", "video_7", True)
    assert json.loads(answers.written_list([], has_more=False))["first_id"] is None
    assert json.loads(answers.written_deletion(7)) == {"id": "video_7", "object": "video.deleted", "deleted": True}
