"""What all `/data` handlers share: the login, JSON, problem details, parameters."""

import gzip
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, RequestHandler

from panel_app.history import History
from panel_app.login import user_of
from panel_app.origins import Origins
from panel_app.session import Sources
from panel_app.store import Key
from streams.domain.errors import ServiceError
from streams.domain.tick import MAX_SYMBOL

logger = logging.getLogger(__name__)

T = TypeVar("T")
_ZIP_FROM = 2_000
NOT_ADVICE = "What a rule would have made of the past. This is not advice."


@dataclass(frozen=True)
class Desk:
    """What the handlers work with."""

    sources: Sources
    history: History
    origins: Origins
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="data")
    )


class DataHandler(RequestHandler):
    """Answers with JSON; `answer` gives the object."""

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    async def prepare(self) -> None:
        """Needs the page's login, where there is one."""
        if user_of(self) is None:
            raise HTTPError(401, "log in first")

    async def get(self) -> None:
        self.reply(await self.asked())

    async def asked(self) -> Any:
        """`answer`, with an outage as 503."""
        try:
            return await self.answer()
        except ServiceError as error:
            raise HTTPError(503, "%s", error) from error

    async def answer(self) -> Any:
        """What is sent; subclasses say."""
        raise HTTPError(405)

    async def query(self, work: Callable[[Connection], T]) -> T:
        """Ask PostgreSQL, beside the loop."""
        database = self.desk.history.database
        return await IOLoop.current().run_in_executor(self.desk.pool, database.run, work)

    def reply(self, found: Any, content_type: str = "application/json") -> None:
        """Send an object as JSON, or bytes as they are; long ones are compressed."""
        body = found if isinstance(found, bytes) else msgspec.json.encode(found)
        self.set_header("Content-Type", content_type)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        if len(body) > _ZIP_FROM and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = gzip.compress(body, 1)
        self.finish(body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Problem details, RFC 9457."""
        error = kwargs.get("exc_info", (None, None))[1]
        detail = "something went wrong here: see the log"
        if isinstance(error, HTTPError):
            detail = str(error.get_message()) if error.log_message else self._reason
        self.set_header("Content-Type", "application/problem+json")
        problem = {"type": "about:blank", "title": self._reason, "status": status_code}
        self.finish(json.dumps(problem | {"detail": detail}))

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """A bad request is no event of the server's log."""
        if not isinstance(value, HTTPError):
            super().log_exception(kind, value, trace)

    def symbol(self, default: str | None = None) -> str:
        """The parameter `symbol`; without a default it must be there."""
        symbol = self.get_query_argument("symbol", default or "")
        if len(symbol) > MAX_SYMBOL or (not symbol and default is None):
            raise HTTPError(
                400, "symbol: expected 1 to %s characters, was %r", MAX_SYMBOL, symbol[:80]
            )
        return symbol

    def key(self) -> Key:
        """The parameters `symbol` and `interval`."""
        intervals = self.desk.sources.intervals
        interval = self.get_query_argument("interval", self.desk.sources.interval)
        if interval not in intervals:
            raise HTTPError(
                400, "interval: expected one of %s, was %r", ", ".join(intervals), interval[:80]
            )
        return Key(self.symbol(), interval)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        text = self.get_query_argument(name, str(default))
        try:
            value = int(text[:20])
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise HTTPError(400, "%s: expected %s to %s, was %r", name, least, most, text[:80])
        return value

    def words(self, name: str) -> list[str]:
        """A list separated by commas."""
        return [word for word in self.get_query_argument(name, "").split(",") if word]
