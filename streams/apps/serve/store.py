"""The broker's disk: every accepted event, once per Trigger, until it is delivered.

SQLite in WAL mode with synchronous=NORMAL: a commit has reached the operating system, so killing
this process loses nothing; only a power cut may lose the last moments. One thread writes, and
commits what has gathered meanwhile in one transaction.
"""

import asyncio
import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.adapters.cloud_event import CloudEvent
from streams.domain.errors import ServiceError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    trigger TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    trace TEXT NOT NULL,
    data BLOB NOT NULL,
    accepted_ms INTEGER NOT NULL,
    dead INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (trigger, source, id)
)
"""
# An event that is still to be delivered is kept as it is; a dead one gets another chance.
_ADD = """
INSERT INTO events (trigger, source, id, attributes, trace, data, accepted_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trigger, source, id) DO UPDATE SET dead = 0, error = '' WHERE dead
RETURNING seq
"""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """One event on its way to one Trigger."""

    seq: int
    trigger: str
    event: CloudEvent


_Work = Callable[[sqlite3.Connection], Any]
_Item = tuple[_Work, "asyncio.Future[Any]"]


class EventStore:
    """Open in the event loop that will use it; methods return when the change is committed.

    They raise ServiceError when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_SCHEMA)
        self._thread = threading.Thread(target=self._run, name="event-store", daemon=True)
        self._thread.start()

    async def add(self, event: CloudEvent, triggers: Iterable[str]) -> list[Stored]:
        """Keep an event for each Trigger; returns those that did not hold it already."""
        row = (
            event.source, event.id, json.dumps(dict(event.attributes)),
            json.dumps(dict(event.trace)), event.data, time.time_ns() // 1_000_000,
        )  # fmt: skip

        def work(connection: sqlite3.Connection) -> list[Stored]:
            seqs = ((t, connection.execute(_ADD, (t, *row)).fetchone()) for t in triggers)
            return [Stored(found[0], name, event) for name, found in seqs if found]

        stored: list[Stored] = await self._do(work)
        return stored

    async def delivered(self, seq: int) -> None:
        """Forget an event."""
        await self._do(lambda c: c.execute("DELETE FROM events WHERE seq = ?", (seq,)).rowcount)

    async def buried(self, seq: int, error: str) -> None:
        """Keep an event as dead: shown, and delivered only when it is posted again."""
        sql = "UPDATE events SET dead = 1, error = ? WHERE seq = ?"
        await self._do(lambda c: c.execute(sql, (error, seq)).rowcount)

    async def undelivered(self) -> list[Stored]:
        """What an earlier process left, oldest first."""
        sql = "SELECT seq, trigger, attributes, trace, data FROM events WHERE NOT dead ORDER BY seq"
        rows = await self._do(lambda c: c.execute(sql).fetchall())
        return [
            Stored(seq, trigger, CloudEvent(json.loads(attributes), data, json.loads(trace)))
            for seq, trigger, attributes, trace, data in rows
        ]

    async def dead(self) -> list[tuple[int, str]]:
        """Number and Trigger of the dead events."""
        sql = "SELECT seq, trigger FROM events WHERE dead"
        return list(await self._do(lambda c: c.execute(sql).fetchall()))

    async def close(self) -> None:
        """Commit what is waiting and close the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    async def _do(self, work: _Work) -> Any:
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put((work, future))
        return await future

    def _run(self) -> None:
        running = True
        while running:
            batch = [self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            running = None not in batch
            items = [item for item in batch if item is not None]
            if items:
                self._commit(items)

    def _commit(self, items: list[_Item]) -> None:
        """One transaction for all: either each of them is kept, or each is told why not."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [work(self._connection) for work, _ in items]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            fault = ServiceError(f"broker: expected to store events, was refused: {error}")
            self._answer(items, [fault] * len(items))
            return
        self._answer(items, results)

    def _answer(self, items: list[_Item], results: list[Any]) -> None:
        def settle() -> None:
            for (_, future), result in zip(items, results, strict=True):
                if future.cancelled():
                    continue
                if isinstance(result, ServiceError):
                    future.set_exception(result)
                else:
                    future.set_result(result)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle)
