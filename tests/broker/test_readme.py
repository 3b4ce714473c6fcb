"""What the README tells others to send is what the pipelines read."""

import os
import subprocess
import sys

from streams.adapters.kafka import consumer
from streams.adapters.messages import decode_ticks
from streams.adapters.topics import Topic, Topics, create_topics
from tests.unit.docs.pages import README, section
from tests.waiting import wait_for

PARTITIONS = 3


def test_feed_it_yourself_feeds_ticks_by_symbol(kafka: str) -> None:
    create_topics(kafka, Topics(), PARTITIONS)
    script = section(README, "Feed it yourself").split("```python\n")[1].split("```")[0]
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
    reader = consumer(kafka, "readme")
    reader.subscribe([Topic.TICKS])
    messages = []

    def both() -> bool:
        message = reader.poll(0.2)
        if message is not None and message.error() is None and message.key() == b"ACME":
            messages.append(message)
        return len(messages) == 2

    wait_for(both, "both messages")
    reader.close()
    assert [len(decode_ticks(message.value())) for message in messages] == [1, 2]
    assert len({message.partition() for message in messages}) == 1
