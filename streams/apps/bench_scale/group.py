"""One consumer group of `run bars` processes over topics of its own, for the scaling bench."""

import hashlib
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka import Producer

from streams.adapters.child import Child
from streams.adapters.kafka import producer
from streams.adapters.kafka_groups import GroupWatch
from streams.adapters.messages import decode_bar, encode
from streams.adapters.offsets import GroupOffsets, Offsets, TopicReader
from streams.adapters.topics import Topic, Topics, create_topics
from streams.apps.bench_scale.cap import CpuCap, cpu_seconds
from streams.apps.bench_scale.load import TickMessage, produce
from streams.domain.errors import ServiceError

POLL = 0.05
_STALLED_SECONDS = 120.0
_STOP_SECONDS = 20.0


class BarsGroup:
    """Members, their progress through `ticks`, and the bars that came of it."""

    def __init__(self, address: str, prefix: str, partitions: int, home: Path, cap: CpuCap) -> None:
        self.topics = Topics(prefix)
        self.members: list[Child] = []
        self._leaving: list[Child] = []
        self._address = address
        self._home = home / prefix
        self._cap = cap
        create_topics(address, self.topics, partitions)
        self._ticks = self.topics.name(Topic.TICKS)
        self.partitions = partitions
        self.producer: Producer = producer(address)
        self._reader = TopicReader(address)
        self._offsets = GroupOffsets(address, self.topics.group("bars"))
        self._watch = GroupWatch(address, self.topics.group("bars"))

    def close(self) -> None:
        """Stop the members and leave Kafka."""
        for member in list(self.members):
            self.remove(member)
        for member in self._leaving:
            member.wait(_STOP_SECONDS)
        self._reader.close()
        self._offsets.close()

    def send(self, messages: Iterable[TickMessage]) -> None:
        """Produce and wait until Kafka has them."""
        for message in messages:
            produce(self.producer, self._ticks, message)
        if left := self.producer.flush(60):
            raise ServiceError(f"bench: expected Kafka to take the ticks in 60 s, {left} were left")

    def offer(self, message: TickMessage) -> None:
        """Produce without waiting."""
        produce(self.producer, self._ticks, message)

    def add(self) -> Child:
        """One more member, in a process and with a state folder of its own."""
        name = f"bars-{len(list(self._home.glob('*'))) + 1}"
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": self._address,
            "TAPEDECK_TOPIC_PREFIX": self.topics.prefix,
            "TAPEDECK_PARTITIONS": str(self.partitions),
            "TAPEDECK_HOME": str(self._home / name),
            "TAPEDECK_METRICS_PORT": "0",
        }
        # Its own end must reach a member that the cap has stopped: SIGTERM would wait for ever.
        member = Child(self._home / name, name, ["run", "bars"], env, on_orphaned=signal.SIGKILL)
        self.members.append(member)
        member.start()
        return member

    def hold(self) -> None:
        """Cap the CPU of every member from now on."""
        for member in self.members:
            if member.pid is not None:
                self._cap.hold(member.pid)

    def remove(self, member: Child) -> None:
        """Ask a member to stop, as a cluster does with SIGTERM; `close` waits for its end."""
        self._release(member)
        member.terminate()
        self._leaving.append(member)

    def kill(self, member: Child) -> None:
        """End a member without a word to Kafka."""
        self._release(member)
        member.wait(0)

    def _release(self, member: Child) -> None:
        self.members.remove(member)
        if member.pid is not None:
            self._cap.release(member.pid)

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Until it is so; raises ServiceError when a member has ended or nothing moves."""
        deadline = time.monotonic() + _STALLED_SECONDS
        while not reached():
            for member in self.members:
                if (code := member.exit_code()) is not None:
                    raise ServiceError(f"{member.name} ended with {code}:\n{member.log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"bench: expected {what} in {_STALLED_SECONDS:g} s, was not")
            time.sleep(POLL)

    def cpu_seconds(self) -> float:
        """CPU time of all members since they began."""
        return cpu_seconds(member.pid for member in self.members if member.pid is not None)

    def sharing(self, members: int) -> bool:
        """Whether so many members hold partitions and no rebalance is under way."""
        view = self._watch.look()
        return view.stable and sum(share > 0 for share in view.shares) == members

    def joined(self, members: int) -> bool:
        """Whether the coordinator knows of so many members, settled or not."""
        return len(self._watch.look().shares) >= members

    def ends(self) -> Offsets:
        """The offsets after the last tick messages."""
        return self._reader.ends(self._ticks)

    def committed(self, ends: Offsets) -> Offsets:
        """How far the group has come."""
        return self._offsets.committed(self._ticks, ends)

    def bars_digest(self) -> tuple[int, str]:
        """How many final bars there are, and a hash of them all in the order of their keys."""
        name = self.topics.name(Topic.BARS)
        ends = self._reader.ends(name)
        found = self._reader.read(name, dict.fromkeys(ends, 0), ends)
        bars = (decode_bar(message.value()) for message in found)
        table = {(bar.symbol, bar.interval, bar.start): bar for bar in bars if bar.final}
        digest = hashlib.sha256()
        for key in sorted(table):
            digest.update(encode(table[key]) + b"\n")
        return len(table), digest.hexdigest()


@contextmanager
def bars_group(
    address: str, prefix: str, partitions: int, home: Path, cap: CpuCap
) -> Iterator[BarsGroup]:
    """A group with fresh topics and no member; its members are stopped afterwards."""
    with ExitStack() as stack:
        group = BarsGroup(address, prefix, partitions, home, cap)
        stack.callback(group.close)
        yield group
