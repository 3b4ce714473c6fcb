"""Tapedeck in a notebook: tapes, bars, indicators, rules, scorecards, backtests as polars frames.

Described with examples that run in infra/docs/research.md.
"""

from streams.research.history import History
from streams.research.reading import from_bars, load, ticks

__all__ = ["History", "from_bars", "load", "ticks"]
