"""Logs as JSON lines on standard error, each with the trace and the event it belongs to."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

_context: ContextVar[dict[str, str] | None] = ContextVar("log_context", default=None)


def about(**fields: str) -> None:
    """Fields for every line logged in this request; call it at its start."""
    _context.set(fields)


def trace_id(traceparent: str | None) -> str:
    """The trace id of a W3C traceparent header; empty when there is none."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) >= 4 and len(parts[1]) == 32 else ""


class _JsonLines(logging.Formatter):
    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "function": self._function,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in (_context.get() or {}).items() if value},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_json(function: str, level: str) -> None:
    """Send this process's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(function))
    logging.basicConfig(level=level, handlers=[handler], force=True)
