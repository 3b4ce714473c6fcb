"""`/data` handlers of what runs: the system, and the controls of a replay."""

from dataclasses import asdict
from typing import Any

import msgspec
from tornado.web import HTTPError

from panel_app.data.http import DataHandler, Desk
from panel_app.replay_desk import Replay
from streams.adapters.replay_control import FASTEST, SLOWEST
from streams.domain.errors import ServiceError

_MOST_BODY = 1_000


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST."""

    speed: float | None = None
    paused: bool | None = None


class SystemHandler(DataHandler):
    """`/data/system`."""

    async def answer(self) -> dict[str, Any]:
        system = self.desk.sources.system
        return (system.look() if system is not None else None) or {"taken": None}


class ReplayHandler(DataHandler):
    """`/data/replay`."""

    def initialize(self, desk: Desk, replay: Replay) -> None:  # type: ignore[override]  # one more
        super().initialize(desk)
        self.replay = replay

    async def answer(self) -> dict[str, Any]:
        return {"replay": self.replay.look()}

    async def post(self) -> None:
        """Set speed or pause; a page of another origin may not."""
        if not self.desk.origins.allow(self.request.headers.get("Origin")):
            raise HTTPError(403, "origin: expected the dashboard's own")
        wish = self._wish()
        try:
            wanted = self.replay.ask(wish.speed, wish.paused)
        except ServiceError as error:
            raise HTTPError(409, "%s", error) from error
        self.reply({"replay": self.replay.look(), "wanted": asdict(wanted)})

    def _wish(self) -> Wish:
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise HTTPError(400, "Content-Type: expected application/json, was %r", kind[:80])
        try:
            wish = msgspec.json.decode(self.request.body[:_MOST_BODY], type=Wish)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise HTTPError(400, "expected a speed or paused, was: %s", error) from error
        if wish.speed is None and wish.paused is None:
            raise HTTPError(400, "expected a speed or paused, was neither")
        if wish.speed is not None and not SLOWEST <= wish.speed <= FASTEST:
            raise HTTPError(400, "speed: expected %s to %s, was %s", SLOWEST, FASTEST, wish.speed)
        return wish
