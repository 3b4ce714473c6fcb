"""The published schemas are those of the code, and real messages satisfy them."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from streams.adapters.messages import encode, encode_ticks
from streams.adapters.schemas import schemas
from streams.domain.bar import Bar
from streams.domain.tick import Mark, TickBatch

PUBLISHED = Path(__file__).parents[3] / "infra" / "schemas"


@pytest.mark.parametrize("topic", schemas())
def test_published_schemas_are_current(topic: str) -> None:
    assert (PUBLISHED / f"{topic}.json").read_text() == schemas()[topic]


@pytest.mark.parametrize(
    "value",
    [
        encode_ticks(TickBatch("A", [1, 2], [1.0, 2.0], [1.0, 0.0], source="s", first=3, run="r")),
        encode_ticks(TickBatch("A", [], [], mark=Mark.END, clock=9)),
        b'{"symbol": "A", "ts": 1, "price": 2, "size": 3}',
    ],
)
def test_tick_messages_satisfy_their_schema(value: bytes) -> None:
    Draft202012Validator(json.loads(schemas()["ticks"])).validate(json.loads(value))


def test_a_bar_satisfies_its_schema_and_rubbish_does_not() -> None:
    validator = Draft202012Validator(json.loads(schemas()["bars"]))
    validator.validate(
        json.loads(encode(Bar("A", "1m", 0, 60_000, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1, 5)))
    )
    assert not validator.is_valid({"symbol": "A"})
