"""What `POST /ingest` takes, item by item: the five shapes, in batches, for every reader."""

import json
import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.grouping import batches
from functions.ingest.items import Tick, read_item
from functions.ingest.refused import Refused
from streams.adapters.context_messages import decode_context, encode_context
from streams.adapters.messages import encode_ticks
from streams.adapters.tick_messages import read_ticks
from streams.domain.context_event import ContextEvent, ContextKind
from streams.domain.screen import screen
from tests.fakes import message
from tests.generator_shapes import Shape, shapes
from tests.unit.functions.ingest_shapes import (
    AT,
    CANDLE,
    ECONOMY,
    GOLDEN,
    LATEST,
    MARKET,
    NEWS,
    NOW,
    ORDER,
    RECORD,
    TICK,
)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (RECORD, Tick("AAPL", NOW, 999.25, 5012.0, (1001.5, 1003.0, 998.0))),
        (
            RECORD | {"data_type": "stock_symbol"},
            Tick("AAPL", NOW, 999.25, 5012.0, (1001.5, 1003.0, 998.0)),
        ),
        (
            ORDER,
            ContextEvent(
                "TSLA", NOW, ContextKind.ORDER_BOOK, order_type="sell", price=512.5, quantity=7.0
            ),
        ),
        (
            NEWS,
            ContextEvent(
                "AMZN", NOW, ContextKind.NEWS_SENTIMENT,
                sentiment_score=-0.75, sentiment_magnitude=0.5,
            ),
        ),
        (
            MARKET,
            ContextEvent(
                "MSFT", NOW, ContextKind.MARKET_DATA, market_cap=3.5e11, pe_ratio=29.5
            ),
        ),
        (
            ECONOMY,
            ContextEvent(
                "*", NOW, ContextKind.ECONOMIC_INDICATOR,
                indicator_name="GDP Growth Rate", value=-4.5,
            ),
        ),
        (TICK, Tick("A", NOW, 1.5, 3.0, None)),
        ({"symbol": "A", "ts": float(NOW), "price": 1}, Tick("A", NOW, 1.0, None, None)),
        (CANDLE, Tick("A", NOW, 3.0, 10.0, (2.0, 4.5, 1.0))),
        (TICK | {"venue": {"deep": [1, None]}}, Tick("A", NOW, 1.5, 3.0, None)),
    ],
)  # fmt: skip
def test_every_shape_is_read_as_it_is(item: Shape, expected: object) -> None:
    assert read_item(item, LATEST) == expected


def test_a_thousand_of_the_generators_requests_are_all_taken() -> None:
    for shape in islice(shapes(AT), 1_000):
        read_item(json.loads(json.dumps(shape)), LATEST)


def test_batches_keep_the_order_and_hold_one_symbol_and_kind() -> None:
    ticks = [
        Tick("A", 1, 1.0, None, None), Tick("B", 2, 2.0, 5.0, None), Tick("A", 3, 3.0, None, None),
        Tick("A", 4, 4.0, 1.0, None), Tick("A", 5, 5.0, 2.0, (5.0, 6.0, 4.0)),
    ]  # fmt: skip
    found = [
        (b.symbol, list(b.ts), list(b.price), b.size and list(b.size), b.high and list(b.high))
        for b in batches(ticks)
    ]
    assert sorted(found) == [
        ("A", [1, 3], [1.0, 3.0], None, None),
        ("A", [4], [4.0], [1.0], None),
        ("A", [5], [5.0], [2.0], [6.0]),
        ("B", [2], [2.0], [5.0], None),
    ]
    assert [b[1] for b in found if b[0] == "A"] == [[1, 3], [4], [5]]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    item=st.sampled_from(GOLDEN),
    changes=st.dictionaries(
        st.sampled_from(sorted({name for item in GOLDEN for name in item})), _json, max_size=3
    ),
    dropped=st.sets(st.sampled_from(sorted({name for item in GOLDEN for name in item}))),
)
def test_whatever_is_accepted_can_be_read_by_every_reader(
    item: Shape, changes: Shape, dropped: set[str]
) -> None:
    changed = {
        name: v for name, v in (item | changes).items() if name not in dropped or name in changes
    }
    try:
        good = read_item(changed, LATEST)
    except Refused:
        return
    if isinstance(good, ContextEvent):
        assert decode_context(encode_context(good)) == good
        return
    [batch] = batches([good])
    read, rejects = read_ticks(message(encode_ticks(batch), key=batch.symbol))
    assert rejects == []
    assert read is not None
    assert screen(read) == ([(0, 1)], [])


def test_a_shuffled_generator_is_the_same() -> None:
    """The order of members on the wire does not matter."""
    rng = random.Random(3)
    for item in GOLDEN:
        names = list(item)
        rng.shuffle(names)
        assert read_item({name: item[name] for name in names}, LATEST) == read_item(item, LATEST)
