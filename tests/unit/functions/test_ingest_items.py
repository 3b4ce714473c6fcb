"""What `POST /ingest` takes and refuses, item by item: the five shapes, and rubbish."""

import json
import random
from itertools import islice
from typing import Any

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

NOW = 1_700_000_000_123
LATEST = NOW + 1_000
AT = 1_700_000_000.123456
RECORD: Shape = {
    "stock_symbol": "AAPL", "opening_price": 1001.5, "closing_price": 999.25, "high": 1003.0,
    "low": 998.0, "volume": 5012, "timestamp": AT,
}  # fmt: skip
ORDER: Shape = {
    "data_type": "order_book", "timestamp": AT, "stock_symbol": "TSLA", "order_type": "sell",
    "price": 512.5, "quantity": 7,
}  # fmt: skip
NEWS: Shape = {
    "data_type": "news_sentiment", "timestamp": AT, "stock_symbol": "AMZN",
    "sentiment_score": -0.75, "sentiment_magnitude": 0.5,
}  # fmt: skip
MARKET: Shape = {
    "data_type": "market_data", "timestamp": AT, "stock_symbol": "MSFT", "market_cap": 3.5e11,
    "pe_ratio": 29.5,
}  # fmt: skip
ECONOMY: Shape = {
    "data_type": "economic_indicator", "timestamp": AT, "indicator_name": "GDP Growth Rate",
    "value": -4.5,
}  # fmt: skip
TICK: Shape = {"symbol": "A", "ts": NOW, "price": 1.5, "size": 3}
CANDLE: Shape = {
    "symbol": "A", "ts": NOW, "open": 2, "high": 4.5, "low": 1, "close": 3, "volume": 10,
}  # fmt: skip


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


def _without(item: Shape, name: str) -> Shape:
    return {key: value for key, value in item.items() if key != name}


BAD: list[tuple[str, Any, str, str]] = [
    ("nan", RECORD | {"closing_price": float("nan")}, "closing_price", "NaN"),
    ("infinity", RECORD | {"high": float("inf")}, "high", "Infinity"),
    ("bool for a number", RECORD | {"volume": True}, "volume", "true"),
    ("string for a number", RECORD | {"low": "998"}, "low", '"998"'),
    ("null for a number", RECORD | {"opening_price": None}, "opening_price", "null"),
    ("high below close", RECORD | {"high": 1000.0}, "high", "1000.0"),
    ("high below low", RECORD | {"high": 1.0}, "high", "1.0"),
    ("low above open", CANDLE | {"low": 2.5}, "low", "2.5"),
    ("negative price", TICK | {"price": -1.5}, "price", "-1.5"),
    ("price of zero", TICK | {"price": 0}, "price", "0"),
    ("negative low", RECORD | {"low": -1.0}, "low", "-1.0"),
    ("negative volume", RECORD | {"volume": -1}, "volume", "-1"),
    ("price beyond all", TICK | {"price": 1e300}, "price", "1e+300"),
    ("huge integer", TICK | {"price": 10**400}, "price", "a very large integer"),
    ("no volume", _without(RECORD, "volume"), "volume", "missing"),
    ("no time", _without(TICK, "ts"), "ts", "missing"),
    ("unknown type", RECORD | {"data_type": "weather"}, "data_type", '"weather"'),
    ("type of no string", RECORD | {"data_type": ["order_book"]}, "data_type", "an array of 1"),
    ("null type", RECORD | {"data_type": None}, "data_type", "null"),
    ("neither kind", {"price": 1.0, "ts": NOW}, "symbol", "neither"),
    ("future", RECORD | {"timestamp": AT + 2}, "timestamp", "1700000002.123456"),
    ("milliseconds for seconds", RECORD | {"timestamp": NOW}, "timestamp", str(NOW)),
    ("before 1970", TICK | {"ts": -1}, "ts", "-1"),
    ("time as text", TICK | {"ts": "2024-01-01"}, "ts", '"2024-01-01"'),
    ("huge time", TICK | {"ts": 10**400}, "ts", "a very large integer"),
    ("time of bool", TICK | {"ts": True}, "ts", "true"),
    ("empty symbol", TICK | {"symbol": ""}, "symbol", '""'),
    ("symbol of spaces", TICK | {"symbol": " A"}, "symbol", '" A"'),
    ("control in the symbol", TICK | {"symbol": "A\0"}, "symbol", '"A\\u0000"'),
    ("lone surrogate", TICK | {"symbol": "\ud800"}, "symbol", '"\\ud800"'),
    ("symbol of a number", RECORD | {"stock_symbol": 5}, "stock_symbol", "5"),
    ("long symbol", TICK | {"symbol": "x" * 65}, "symbol", '"' + "x" * 65 + '"'),
    ("very long symbol", TICK | {"symbol": "x" * 900}, "symbol", '"' + "x" * 80 + '..."'),
    ("sentiment beyond one", NEWS | {"sentiment_score": -1.5}, "sentiment_score", "-1.5"),
    ("other side", ORDER | {"order_type": "hold"}, "order_type", '"hold"'),
    ("side of a list", ORDER | {"order_type": []}, "order_type", "an array of 0"),
    ("order without price", _without(ORDER, "price"), "price", "missing"),
    ("context without symbol", _without(NEWS, "stock_symbol"), "stock_symbol", "missing"),
    ("nameless indicator", ECONOMY | {"indicator_name": ""}, "indicator_name", '""'),
    ("long name", ECONOMY | {"indicator_name": "n" * 129}, "indicator_name", '"nnn'),
    ("indicator of nan", ECONOMY | {"value": float("nan")}, "value", "NaN"),
    ("huge market cap", MARKET | {"market_cap": 10**400}, "market_cap", "a very large integer"),
    ("a number", 5, "item", "5"),
    ("an array", [[]], "item", "an array of 1"),
    ("null", None, "item", "null"),
]


@pytest.mark.parametrize(("item", "field", "was"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_what_is_wrong_is_named_by_field_expected_and_was(
    item: object, field: str, was: str
) -> None:
    with pytest.raises(Refused) as caught:
        read_item(item, LATEST)
    assert caught.value.field == field
    assert caught.value.was.startswith(was)
    assert str(caught.value) == f"{field}: expected {caught.value.expected}, was {caught.value.was}"


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
_GOLDEN = (RECORD, ORDER, NEWS, MARKET, ECONOMY, TICK, CANDLE)


@given(
    item=st.sampled_from(_GOLDEN),
    changes=st.dictionaries(
        st.sampled_from(sorted({name for item in _GOLDEN for name in item})), _json, max_size=3
    ),
    dropped=st.sets(st.sampled_from(sorted({name for item in _GOLDEN for name in item}))),
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
    for item in _GOLDEN:
        names = list(item)
        rng.shuffle(names)
        assert read_item({name: item[name] for name in names}, LATEST) == read_item(item, LATEST)


DATED: Shape = {
    "date": "2023-11-14", "symbol": "ES1 Index", "price": 4512.25,
    "timestamp": "2023-11-14 09:30:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2023-11-14 09:30:00", 1_699_954_200_000),
        ("2023-11-14T09:30:00.123999Z", 1_699_954_200_123),
        ("2023-11-14T09:30:00+01:00", 1_699_950_600_000),
    ],
)
def test_a_tick_may_carry_its_time_as_text(text: str, ms: int) -> None:
    assert read_item(DATED | {"timestamp": text}, LATEST) == Tick("ES1 Index", ms, 4512.25)


@pytest.mark.parametrize(
    "text",
    ["2023-11-14", "2023-02-30 09:30:00", "14/11/2023 09:30:00", "0000-01-01 00:00:00",
     "1969-12-31 23:59:59", "2033-11-14 09:30:00", "2023-11-14 09:30:61", "", "x" * 10_000],
)  # fmt: skip
def test_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_item(DATED | {"timestamp": text}, LATEST)
    assert (refused.value.field, refused.value.reason) == ("timestamp", "bad_time")
