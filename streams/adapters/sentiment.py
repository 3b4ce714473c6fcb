"""Sentiment of a headline, offline: VADER's lexicon and rules.

C. Hutto and E. Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text (ICWSM 2014). It knows feelings and how words turn them, not companies; the words of the
market that it lacks or reads otherwise are added below.
"""

from functools import cache
from typing import Any

MARKET_WORDS = {
    "beat": 1.8, "beats": 1.8, "bullish": 2.5, "buyback": 1.5, "dividend": 1.0, "outperform": 2.0,
    "outperforms": 2.0, "overweight": 1.2, "rallied": 2.0, "rallies": 2.0, "rally": 2.0,
    "rebound": 1.5, "rebounds": 1.5, "record": 1.2, "soar": 2.5, "soared": 2.5, "soars": 2.5,
    "surge": 2.2, "surged": 2.2, "surges": 2.2, "upgrade": 2.0, "upgraded": 2.0, "upgrades": 2.0,
    "upbeat": 1.8, "bankruptcy": -3.2, "bearish": -2.5, "crash": -2.8, "crashes": -2.8,
    "delisted": -2.5, "downgrade": -2.0, "downgraded": -2.0, "downgrades": -2.0, "default": -2.2,
    "defaults": -2.2, "fine": 0.0, "fined": -2.0, "fraud": -3.0, "investigation": -1.8,
    "lawsuit": -1.8, "layoffs": -2.0, "miss": -1.8, "missed": -1.8, "misses": -1.8,
    "plunge": -2.6, "plunged": -2.6, "plunges": -2.6, "probe": -1.5, "recall": -1.6,
    "recalls": -1.6, "sinks": -1.8, "slump": -2.2, "slumps": -2.2, "tumble": -2.2,
    "tumbled": -2.2, "tumbles": -2.2, "underperform": -2.0, "underweight": -1.2, "volatile": -0.8,
    "warning": -1.6, "warns": -1.6, "share": 0.0, "shares": 0.0, "gross": 0.0, "interest": 0.0,
}  # fmt: skip
"""Valence from -4 to 4, as in VADER's own lexicon; 0: a word that means nothing here."""
_MOST = 10_000
"""Characters that are looked at: a headline is shorter."""


def sentiment(headline: str) -> tuple[float, float]:
    """(score, magnitude) as a `news_sentiment` event has them.

    The score is VADER's compound, -1 to 1; the magnitude the share of the words that say something,
    0 to 1. (0, 0) for a text without any.
    """
    found = _analyzer().polarity_scores(headline[:_MOST])
    return float(found["compound"]), round(float(found["pos"]) + float(found["neg"]), 3)


@cache
def _analyzer() -> Any:
    """Made at the first headline: it reads a lexicon of 7,500 words."""
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]  # it has no types
        SentimentIntensityAnalyzer,
    )

    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(MARKET_WORDS)
    return analyzer
