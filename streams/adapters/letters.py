"""Dead letters of the pipelines: what was rejected, known by where it came from."""

from streams.adapters.messages import dead_letter_headers
from streams.adapters.records import Message, Record
from streams.adapters.topics import Topic
from streams.domain.dead_letter import DeadLetter
from streams.domain.tick import Reject, TickBatch


def letter_record(letter: DeadLetter) -> Record:
    """The record of a dead letter; its key is its origin."""
    return Record(Topic.DEAD_LETTERS, letter.origin, letter.raw, dead_letter_headers(letter))


def message_letter(message: Message, origin: str, reason: str, detail: str) -> Record:
    """A whole message that cannot be used, known by topic, partition and offset."""
    letter_id = f"{origin}/{message.origin}/{message.offset}/{reason}"
    return letter_record(
        DeadLetter(letter_id, origin, reason, detail, message.origin, message.offset, message.value)
    )


def tick_letter(message: Message, batch: TickBatch, origin: str, fault: Reject) -> Record:
    """One tick of a batch, known by its ordinal in its source, else by its message's offset."""
    if batch.source is not None:
        source, position = batch.source, batch.first + fault.position
        letter_id = f"{source}/{batch.symbol}/{position}/{fault.reason}"
    else:
        source, position = message.origin, message.offset
        letter_id = f"{source}/{position}/{fault.position}/{fault.reason}"
    raw = fault.raw.encode()
    return letter_record(
        DeadLetter(letter_id, origin, fault.reason, fault.detail, source, position, raw)
    )
