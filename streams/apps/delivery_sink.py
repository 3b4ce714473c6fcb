"""A Quix sink that hands each event on at once and lets offsets be committed only afterwards.

```
 add() -> lane of the key (a thread each) -> post -> done
 flush(), at each checkpoint: nothing outstanding -> commit
                              still outstanding   -> back-pressure: pause, seek back, look again
                              a lane has failed   -> raise, the process stops, nothing committed
```
After a seek the same messages are added again: those still known are not posted a second time.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from quixstreams.models import HeadersTuples
from quixstreams.sinks.base import BaseSink, SinkBackpressureError

logger = logging.getLogger(__name__)

# A flush runs in the poll loop: short, so that a rebalance or a stop never waits for a slow sink.
FLUSH_SECONDS = 5.0
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class DeliverySink(BaseSink):
    """Calls `deliver` for each message, in order per key, on `lanes` threads."""

    def __init__(
        self,
        deliver: Callable[[Delivery], None],
        lanes: int,
        *,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        super().__init__(on_client_connect_success=lambda: None)
        self._deliver = deliver
        self._flush_seconds = flush_seconds
        self._lanes: list[queue.SimpleQueue[Delivery]] = [queue.SimpleQueue() for _ in range(lanes)]
        self._changed = threading.Condition()
        self._known: set[tuple[str, int, int]] = set()
        self._outstanding = 0
        self._failure: BaseException | None = None

    def setup(self) -> None:
        """Start the lanes; they end with the process."""
        for number, lane in enumerate(self._lanes):
            name = f"deliver-{number}"
            threading.Thread(target=self._run, args=(lane,), name=name, daemon=True).start()

    def add(  # noqa: PLR0913  # the library's signature
        self,
        value: Any,
        key: Any,
        timestamp: int,
        headers: HeadersTuples,
        topic: str,
        partition: int,
        offset: int,
    ) -> None:
        """Put the message on its key's lane; does not wait for the answer."""
        place = (topic, partition, offset)
        with self._changed:
            if place in self._known:
                return
            self._known.add(place)
            self._outstanding += 1
        pairs = [(name, _bytes(text)) for name, text in headers or ()]
        at = key or b""
        delivery = Delivery(topic, partition, offset, at, value or b"", pairs)
        self._lanes[crc32(at) % len(self._lanes)].put(delivery)

    def flush(self) -> None:
        """Return when every added message is done; see the module for what else may happen."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._failure is not None or not self._outstanding, self._flush_seconds
            )
            if self._failure is not None:
                raise self._failure
            if self._outstanding:
                logger.debug("flush outstanding=%d", self._outstanding)
                raise SinkBackpressureError(retry_after=PAUSE_SECONDS)
            self._known.clear()

    def _run(self, lane: "queue.SimpleQueue[Delivery]") -> None:
        while True:
            delivery = lane.get()
            try:
                self._deliver(delivery)
            except BaseException as error:  # raised again by flush, in the thread that may stop
                with self._changed:
                    self._failure = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._outstanding -= 1
                self._changed.notify_all()


def _bytes(text: str | bytes | None) -> bytes:
    return text.encode() if isinstance(text, str) else text or b""
