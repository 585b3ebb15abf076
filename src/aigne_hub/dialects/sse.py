"""Server-sent events live here: cutting a stream into whole events, whatever its pieces (WHATWG HTML 9.2)."""

from __future__ import annotations

from aigne_hub.base.errors import Failure, UpstreamFailed

_BOM = b"\xef\xbb\xbf"
KEEP_ALIVE = b": keep-alive\n\n"  # a comment, which is no event to whoever reads streams by the standard
_LARGEST_EVENT = 32 << 20  # an event may carry an image; more than this is no event


class EventSplitter:
    """Gives back the bytes of whole events, and keeps the beginning of the next one until it is whole.

    Lines may end with LF, CR LF or CR; they leave with LF.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._bom_checked = False
        self._after_return = False

    def feed(self, data: bytes) -> bytes:
        """The whole events up to here, joined; empty when none has become whole."""
        if not self._bom_checked:
            data = self._without_bom(data)
        if self._after_return or b"\r" in data:
            data = self._with_line_feeds(data)
        if not self._kept and data.endswith(b"\n\n"):
            return data
        # An event's end may lie across the two pieces, never further back.
        searched = max(0, len(self._kept) - 1)
        self._kept += data
        end = self._kept.rfind(b"\n\n", searched)
        if end < 0:
            if len(self._kept) > _LARGEST_EVENT:
                raise UpstreamFailed(Failure.oversized, "the provider sent an event larger than the hub takes")
            return b""
        whole = bytes(self._kept[: end + 2])
        del self._kept[: end + 2]
        return whole

    def rest(self) -> bytes:
        """What came after the last whole event."""
        return bytes(self._kept)

    def _without_bom(self, data: bytes) -> bytes:
        """The data without the mark, which may come in pieces; what may yet be one is kept back."""
        if self._kept:
            data = bytes(self._kept) + data
            self._kept.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._kept += data
            return b""
        self._bom_checked = True
        return data.removeprefix(_BOM)

    def _with_line_feeds(self, data: bytes) -> bytes:
        """A return ends its line at once; the line feed that may come after it, in the next piece too, is no other."""
        if not data:
            return data
        if self._after_return:
            data = data.removeprefix(b"\n")
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def split_events(whole: bytes) -> list[bytes]:
    """The single events of what `EventSplitter.feed` gave, each with its blank line."""
    return [event + b"\n\n" for event in whole.split(b"\n\n") if event.strip(b"\n")]


def data_of(event: bytes) -> bytes | None:
    """The data of one event, its lines joined; None when it has none (a comment, a retry hint)."""
    if event.startswith(b"data: ") and b"\n" not in (said := event[6:].rstrip(b"\n")):
        return said
    lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def datas_of(whole: bytes) -> list[bytes]:
    """The data of each event of what `EventSplitter.feed` gave; comments and hints have none."""
    if not whole:
        return []
    return [data for data in map(data_of, whole.split(b"\n\n")) if data is not None]


def event(data: bytes) -> bytes:
    """One event of one line of data."""
    return b"data: %b\n\n" % data


def named_event(name: bytes, data: bytes) -> bytes:
    """One event with a name, of one line of data."""
    return b"event: %b\ndata: %b\n\n" % (name, data)
