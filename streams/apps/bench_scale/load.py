"""The ticks of the scaling bench: the same for every run, spread evenly over the partitions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from confluent_kafka import Producer

from streams.adapters.messages import encode_ticks
from streams.domain.tick import Mark, TickBatch

BATCH = 64
SYMBOLS_PER_PARTITION = 20
_BEGIN_MS = 1_636_362_000_000  # a Monday morning
_STEP_MS = 200


@dataclass(frozen=True, slots=True)
class TickMessage:
    """One message of the `ticks` topic."""

    partition: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """`ticks` of random walks, 64 a message, then the end mark of every symbol.

    Symbols are dealt out over the partitions instead of hashed, so that the figures are of the
    processes and not of the hash.
    """

    ticks: int
    partitions: int

    @property
    def symbols(self) -> int:
        return self.partitions * SYMBOLS_PER_PARTITION

    @property
    def rounds(self) -> int:
        """Batches of each symbol; at least one, so a few ticks more than asked for may come."""
        return max(1, round(self.ticks / (self.symbols * BATCH)))

    @property
    def exact_ticks(self) -> int:
        return self.rounds * self.symbols * BATCH

    def messages(self) -> Iterator[TickMessage]:
        """Consecutive ones go to the partitions in turn; always the same bytes."""
        rng = np.random.default_rng(1)
        last = np.full((self.symbols, 1), 100.0)
        for number in range(self.rounds):
            walk = np.cumsum(rng.normal(0, 0.01, (self.symbols, BATCH)), axis=1)
            prices = np.maximum(1.0, last + walk).round(2)
            last = prices[:, -1:]
            sizes = rng.integers(1, 1_000, (self.symbols, BATCH))
            begin = _BEGIN_MS + number * BATCH * _STEP_MS
            ts = list(range(begin, begin + BATCH * _STEP_MS, _STEP_MS))
            for n in range(self.symbols):
                columns = ts, prices[n].tolist(), sizes[n].astype(float).tolist()
                batch = TickBatch(f"S{n:05d}", *columns, source="bench", first=number * BATCH)
                yield self._message(n, batch)
        for n in range(self.symbols):
            yield self._message(n, TickBatch(f"S{n:05d}", source="bench", mark=Mark.END))

    def _message(self, n: int, batch: TickBatch) -> TickMessage:
        return TickMessage(n % self.partitions, batch.symbol.encode(), encode_ticks(batch))


def produce(to: Producer, topic: str, message: TickMessage) -> None:
    """Hand it to the producer, waiting for room in its queue."""
    while True:
        try:
            to.produce(topic, message.value, message.key, partition=message.partition)
            to.poll(0)
        except BufferError:
            to.poll(0.1)
        else:
            return
