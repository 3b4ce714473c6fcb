"""Context events: what each kind holds, and what of a foreign one cannot be used."""

import json
from dataclasses import replace

import msgspec
import pytest
from jsonschema import Draft202012Validator

from streams.adapters.context_messages import decode_context, encode_context
from streams.adapters.database.rows import context_row
from streams.adapters.schemas import schemas
from streams.apps.archive import archive_context, guarded
from streams.domain.context_event import FIELDS, RULES, ContextEvent, ContextKind, context_fault
from tests.fakes import message

NEWS = ContextEvent(
    "A", 1_000, ContextKind.NEWS_SENTIMENT, sentiment_score=-0.5, sentiment_magnitude=0.25
)
GDP = ContextEvent("*", 5, ContextKind.ECONOMIC_INDICATOR, indicator_name="GDP", value=-1.0)


def test_every_field_belongs_to_a_kind() -> None:
    assert set(FIELDS) == set(ContextEvent.__slots__) - {"symbol", "ts", "kind"}
    assert set(RULES) == set(ContextKind)


@pytest.mark.parametrize("event", [NEWS, GDP])
def test_a_message_holds_only_what_has_a_value_and_reads_back(event: ContextEvent) -> None:
    value = encode_context(event)
    assert b"null" not in value
    assert decode_context(value) == event
    Draft202012Validator(json.loads(schemas()["context"])).validate(json.loads(value))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (replace(NEWS, symbol=""), "symbol: expected 1 to 64 printable characters"),
        (replace(NEWS, ts=-1), "ts: expected epoch ms within 1970..2199, was -1"),
        (replace(NEWS, sentiment_score=None), "sentiment_score: expected a number within -1..1"),
        (replace(NEWS, sentiment_score=2.0), "sentiment_score: expected a number within -1..1"),
        (replace(NEWS, price=1.0), "price: expected nothing with this kind, was 1.0"),
        (replace(GDP, indicator_name="a\0"), "indicator_name: expected 1 to 128 printable"),
    ],
)
def test_a_foreign_event_that_cannot_be_is_named(event: ContextEvent, words: str) -> None:
    fault = context_fault(event)
    assert fault is not None
    assert fault.startswith(words)
    with pytest.raises(msgspec.ValidationError):
        decode_context(encode_context(event))


def test_an_event_is_known_by_its_message() -> None:
    [row] = archive_context(message(encode_context(NEWS), topic="context", partition=2, offset=7))
    assert row == context_row(NEWS, "context/2", 7)
    assert row.key == ("context/2/7",)


@pytest.mark.parametrize("value", [b"", b"{}", b'{"symbol": "A", "ts": 1, "kind": "weather"}'])
def test_poison_becomes_a_dead_letter(value: bytes) -> None:
    [letter] = guarded(archive_context)(message(value, topic="context", offset=3))
    assert dict(letter.headers)["id"] == b"archive/context/0/3/bad_message"  # type: ignore[union-attr]  # a Record
