"""Tapedeck in a notebook: tapes, bars, indicators, rules, scorecards, backtests as polars frames.

Described with examples that run in infra/docs/research.md. What the models say is asked of
`streams.apps.price_predictor`: this package needs neither their libraries nor a database.
"""

from streams.adapters.settings import Settings, load_settings
from streams.adapters.tape.reading import Pick
from streams.research.frames import equity_frame, trade_frame
from streams.research.history import History
from streams.research.reading import from_bars, load, ticks
from streams.research.report import html_report
from streams.research.verdict import figures

__all__ = [
    "History",
    "Pick",
    "Settings",
    "equity_frame",
    "figures",
    "from_bars",
    "html_report",
    "load",
    "load_settings",
    "ticks",
    "trade_frame",
]
