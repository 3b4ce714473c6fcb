"""What `POST /ingest` refuses: an item by its field, what was expected, and what was."""

from typing import Any

import pytest

from functions.ingest.items import read_item
from functions.ingest.refused import Refused
from tests.generator_shapes import Shape
from tests.unit.functions.ingest_shapes import (
    AT,
    CANDLE,
    ECONOMY,
    LATEST,
    MARKET,
    NEWS,
    NOW,
    ORDER,
    RECORD,
    TICK,
)


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
