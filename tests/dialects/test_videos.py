"""A video in the middle: lengths, sizes, and what a failed job means to its caller."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest, Failure
from aigne_hub.dialects.videos import (
    Stage,
    error_of_trouble,
    pixels_of,
    read_seconds,
    read_size,
    refuse_variant,
    trouble_of,
)


def test_a_length_is_a_number_or_its_text() -> None:
    assert [read_seconds(said, "s") for said in (None, "4", 12)] == [None, 4, 12]
    for bad in ("four", "4.5", "", "-1", "0", 0, 601, True, 4.0, "\u0664", [4]):
        with pytest.raises(BadRequest) as refused:
            read_seconds(bad, "seconds")
        assert refused.value.param == "seconds"


def test_a_size_is_pixels_or_lines() -> None:
    assert [pixels_of(size) for size in ("1280x720", "720p", "4k")] == [(1280, 720), None, None]
    for good in (None, "1280x720", "1080p", "4k"):
        assert read_size(good, "size") == good
    for bad in ("", "big", "1280\u00d7720", "1x1", "999999x720", "720p\r\n"):
        with pytest.raises(BadRequest):
            read_size(bad, "size")


def test_what_speaks_of_rules_blames_the_request_and_the_rest_the_provider() -> None:
    refused = error_of_trouble(trouble_of("moderation_blocked", "Not this."))
    assert (refused.kind, refused.status, refused.code) == (Failure.rejected, 400, "moderation_blocked")
    assert refused.message == "the video was not made: Not this."
    broken = error_of_trouble(trouble_of("internal_error", ""))
    assert (broken.status, broken.message) == (502, "the video was not made: the provider did not say why")
    assert "sk-" not in error_of_trouble(trouble_of("", "key sk-0123456789abcdef")).message


def test_two_stages_are_the_last() -> None:
    assert [stage.value for stage in Stage if stage.is_final] == ["completed", "failed"]


def test_a_variant_is_one_that_there_is() -> None:
    refuse_variant(None, ("video",))
    refuse_variant("video", ("video",))
    with pytest.raises(BadRequest, match="video"):
        refuse_variant("spritesheet", ("video",))
