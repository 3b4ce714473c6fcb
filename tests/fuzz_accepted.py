"""What functions have accepted, read as its readers read it: each line is something they cannot."""

import json
from collections.abc import Iterator

import h11
import httpx
import msgspec
from sqlalchemy import Engine, select

from streams.adapters.cloud_event import binary_headers
from streams.adapters.context_messages import decode_context
from streams.adapters.database import connect_engine
from streams.adapters.database.export import Selection, open_snapshot, read_export
from streams.adapters.database.letters import Wanted, find_letter, list_letters
from streams.adapters.database.tables import undelivered
from streams.adapters.database.undelivered import claim
from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.messages import decode_dead_letter
from streams.adapters.offsets import TopicReader
from streams.adapters.records import Message
from streams.adapters.settings import Settings
from streams.adapters.tick_messages import read_ticks
from streams.adapters.topics import Topic, Topics
from streams.domain.screen import screen

EXPORTED = ("notifications", "scorecards", "summaries", "dead_letters")


def unreadable(settings: Settings) -> Iterator[str]:
    """In the topics that `ingest` writes, and in the tables of the other functions."""
    for message in _messages(settings, Topic.TICKS):
        batch, faults = read_ticks(message)
        rejects = faults if batch is None else [*faults, *screen(batch)[1]]
        yield from (f"ticks {message.value!r}: {each.detail}" for each in rejects)
    for message in _messages(settings, Topic.CONTEXT):
        try:
            decode_context(message.value)
        except msgspec.MsgspecError as error:
            yield f"context {message.value!r}: {error}"
    for message in _messages(settings, Topic.DEAD_LETTERS):
        letter = decode_dead_letter(message.value, message.headers)
        if not (letter.id and letter.origin and letter.reason and letter.detail):
            yield f"dead letter without why or where from: {letter}"
    engine = connect_engine(database_address(settings))
    try:
        yield from _tables(engine)
    finally:
        engine.dispose()


def count(settings: Settings, topic: Topic) -> int:
    """How many messages a topic holds."""
    reader = TopicReader(kafka_address(settings))
    try:
        return sum(reader.ends(Topics(settings.topic_prefix).name(topic)).values())
    finally:
        reader.close()


def _messages(settings: Settings, topic: Topic) -> Iterator[Message]:
    reader = TopicReader(kafka_address(settings))
    name = Topics(settings.topic_prefix).name(topic)
    ends = reader.ends(name)
    for found in reader.read(name, dict.fromkeys(ends, 0), ends):
        key = None if found.key() is None else found.key().decode()
        yield Message(
            name, found.partition(), found.offset(), key, found.value(), 0, found.headers() or []
        )
    reader.close()


def _tables(engine: Engine) -> Iterator[str]:
    for table in EXPORTED:
        with open_snapshot(engine) as connection:
            for portion in read_export(connection, Selection(table)).portions:
                json.dumps([list(row) for row in portion])
    for letter in list_letters(engine, Wanted(), None):
        whole = find_letter(engine, letter["id"])
        if whole is None:
            yield f"dead letter {letter['id']} is listed and cannot be shown"
    with engine.connect() as connection:
        ids = list(connection.scalars(select(undelivered.c.id)))
    for each in ids:
        with claim(engine, each) as claimed:
            if claimed is None:
                yield f"event {each} cannot be claimed"
                continue
            try:
                request = httpx.Request("POST", "http://x/", headers=binary_headers(claimed.event))
                h11.Request(method="POST", target="/", headers=request.headers.raw)
            except (ValueError, h11.LocalProtocolError) as error:
                yield f"event {each} cannot be sent again: {error}: {claimed.event.attributes}"
