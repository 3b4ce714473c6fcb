"""What page and server say to each other: the wire of one session, in both directions.

Both are JSON texts on the Bokeh model `relay`: the page sets `ask`, the server sets `frame`. Times
are epoch ms UTC; null is "not known". What never changes within a session, or is asked for once (a
page of history, a table), goes over HTTP instead: see `panel_app.data`.

ASK, every field optional (`Ask` below):

    {"symbol": "AAPL", "interval": "5m",  the main chart; without them the first symbol and the
                                          signals' interval
     "parts": ["chart", "watchlist", "alerts", "system", "replay"],   default ["chart"]
     "studies": ["sma20", "rsi14"],       indicators of the main chart (`panel_app.studies`)
     "grid": ["MSFT", "TSLA"],            small charts of the same interval, at most 30
     "sparks": ["AAPL"],                  watchlist rows on screen: their sparklines, at most 200
     "rate": 0.25,                        seconds between frames, 0.25 to 5
     "keep": true,                        what was not changed by this ask goes on; without it
                                          everything is sent again, whole
     "at": 1}                             anything, to make two equal asks differ

FRAME. `number`, `time` (the server's clock) and `feed` always; all else only when there is news. A
frame with no news goes out once a second (or at `rate`), so silence means a lost connection.

    {"number": 7, "time": 1753.., "feed": {"state": "live|idle|stale|loading|down", "age": 0.2,
       "tick": 1753.., "open": 12, "messages": 90210},
     "symbol": "AAPL", "interval": "5m",                    what the chart shows
     "symbols": ["AAPL", ..], "intervals": ["1m", ..],      when there are new ones, all of them
     "change": CHANGE, "grid": {"MSFT": CHANGE},
     "watchlist": {"whole": false, "from": 41, "version": 42,
        "symbols": ["NEW"],                                 appended: a row's id is its place
        "rows": [[id, last, change %, volume, rsi14, call], ..]},
     "sparks": {"AAPL": [189.1, ..]},
     "alerts": {"whole": false, "rows": [{"id", "time", "symbol", "interval", "kind", "side",
        "severity", "price", "strength", "warm", "reason", "live", "start"}, ..]},
     "system": {..}, "replay": {..}|null}                   see `panel_app.data`

CHANGE. Bars have a `number` that they keep; `base` is the oldest's and `count` how many are held.
Merge by number; where number > base + rows held, or afterwards the count differs, rows are
missing: ask again without `keep`.

    {"whole": true, "base": 0, "count": 500, "produced": 1753..,
     "bars": [[number, start, open, high, low, close, volume, vwap, trades, ema38, ema100, final]],
     "markers": [{"start", "kind", "side", "price", "strength", "warm", "reason"}],   all, if any
     is new
     "studies": {"names": ["sma20", "rsi14"], "rows": [[number, 189.2, null], ..]},
     "latest": {"start": .., "warm": true, "values": {"ema38": ..}, "votes": {"rsi": "UP"}},
     "prediction": {"start": .., "close": 189.1, "votes": {"xgboost": ["UP", 0.53]},
        "forecasts": [[horizon in bars, price, low, high, level of the interval], ..]}}

`produced` is when the newest tick in it was sent by its source (header `produced`); null where it
is not known or no newer one came. A study's row
follows whenever its bar changes; in a frame that shows other studies than the one before, all rows
come. `latest` is the stream's own last row of indicators, votes included, when it is new;
`prediction` is the models' newest, made at the close of the bar that starts at `start`.

ALERTS. The newest 2,000 when whole, oldest first; `id` is the signal's and stable; `start` is the
bar to jump to; `live` is false for what the archive or the topics already held when the server
started (no toast for those). `severity` is the rule's word for it, or null.

WATCHLIST. `change` is against the last close of the day before, or the day's open where that is not
known; `volume` is the UTC day's; `rsi14` is of the signals' interval; `call` is the side of
its newest recommendation, or null. `sparks` are the closes of the day, evenly spread, less than 60:
draw the row's `last` after them. A delta applies to version `from` only: when the page holds
another one it asks again without `keep`. A new row's values come with it.
"""

from typing import Annotated, Any, Literal

import msgspec

MOST_GRID = 30
MOST_SPARKS = 200
FASTEST, SLOWEST = 0.25, 5.0
Part = Literal["chart", "watchlist", "alerts", "system", "replay"]
_Names = Annotated[list[str], msgspec.Meta(max_length=MOST_SPARKS)]


class Ask(msgspec.Struct):
    """What the page wants to see; see the module."""

    symbol: str = ""
    interval: str = ""
    parts: list[Part] = msgspec.field(default_factory=lambda: ["chart"])
    studies: _Names = msgspec.field(default_factory=list)
    grid: _Names = msgspec.field(default_factory=list)
    sparks: _Names = msgspec.field(default_factory=list)
    rate: float = FASTEST
    keep: bool = False


def read_ask(text: str) -> Ask:
    """The request; one that cannot be read asks for the default."""
    try:
        return msgspec.json.decode(text, type=Ask)
    except (msgspec.DecodeError, UnicodeError):
        return Ask()


def encode_frame(frame: dict[str, Any]) -> str:
    """NaN becomes null in JSON: an average that is not known."""
    return msgspec.json.encode(frame).decode()
