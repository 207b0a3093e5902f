"""Logs: where the lines of a process go, and what they look like."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog

from server.settings import LogFormat


def configure_logs(style: LogFormat = LogFormat.AUTO, *, level: int = logging.INFO) -> None:
    """Send every log line of this process, ours and the libraries', to stderr in one format."""
    if style is LogFormat.AUTO:
        style = LogFormat.CONSOLE if sys.stderr.isatty() else LogFormat.JSON
    renderer: Any
    if style is LogFormat.CONSOLE:
        finish: list[Any] = []
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    else:
        finish = [structlog.processors.format_exc_info]
        renderer = structlog.processors.JSONRenderer(serializer=_json)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Ours go straight to where the others' end up: on their way through `logging` a line costs three times as much.
    structlog.configure(
        processors=[*shared, *finish, renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish, renderer]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _hush()


class _Lines(structlog.WriteLogger):
    """Writes lines, and knows in whose name."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


def _json(line: Any, default: Callable[[Any], Any], **_: Any) -> str:
    return orjson.dumps(line, default=default, option=orjson.OPT_NON_STR_KEYS).decode()


def _hush() -> None:
    """Silence what others would log of our callers: their addresses, the text of their documents and our refusals."""
    for name, level in {
        "strawberry": logging.CRITICAL + 1,
        "uvicorn.access": logging.CRITICAL + 1,
        "uvicorn.error": logging.WARNING,
        "uvicorn": logging.WARNING,
        "tortoise": logging.WARNING,
        "asyncio": logging.WARNING,
    }.items():
        logging.getLogger(name).setLevel(level)
