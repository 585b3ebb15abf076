"""Logging is set up here: structlog, as JSON lines or for a person at a terminal; secrets leave in neither."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import msgspec
import structlog

from aigne_hub.base.ids import CLIENT_SECRET_PREFIX, KEY_PREFIX, REFRESH_PREFIX, TOKEN_PREFIX

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

# Secrets by their looks: ours and those of well-known providers, JWTs, what a header of access carries, and
# passwords in addresses. None takes in a quote or a backslash, so a line of JSON stays one.
_OURS = "|".join((KEY_PREFIX, TOKEN_PREFIX, REFRESH_PREFIX, CLIENT_SECRET_PREFIX))
_SECRETS = re.compile(
    rf"(?P<kept>\b(?:{_OURS}|sk-|gsk_|xai-|AIza))[\w-]{{12,}}"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?P<scheme>\bbearer\s+|\bauthorization\W{1,6}basic\s+)[\w.~+/=-]{8,}"
    r"|(?P<address>\b[a-z][a-z0-9+.-]*://[^\s/@:\"'\\]*:)[^\s/@\"'\\]+(?=@)",
    re.IGNORECASE,
)
_MASK = "***"

_write = msgspec.json.Encoder(enc_hook=str).encode


def set_up(level: str, *, as_json: bool) -> None:
    """Send the hub's own log, and the warnings of its libraries, to standard error."""
    render: Any = _render_json if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
            _mask_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = _ToStructlog()
    logging.basicConfig(level=max(_LEVELS[level], logging.WARNING), handlers=[handler], force=True)


def _render_json(_logger: Any, _name: str, event: Any) -> str:
    return _write(_readable(event)).decode()


def _readable(value: Any) -> Any:
    """The value with bytes as text: in base64, as the encoder writes them, no secret would be seen."""
    match value:
        case bytes():
            return value.decode("utf-8", "replace")
        case dict():
            return {str(name): _readable(one) for name, one in value.items()}
        case list() | tuple():
            return [_readable(one) for one in value]
    return value


def _mask_line(_logger: Any, _name: str, line: Any) -> str:
    return masked(line)


def masked(line: str) -> str:
    """The line with every secret that looks like one replaced, its beginning kept so that one sees what it was."""
    return _SECRETS.sub(_beginning, line)


def _beginning(found: re.Match[str]) -> str:
    return (found["kept"] or found["scheme"] or found["address"] or "") + _MASK


class _ToStructlog(logging.Handler):
    """Libraries log through the standard library; their lines leave as ours do."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)
