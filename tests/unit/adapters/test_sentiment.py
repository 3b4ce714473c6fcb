"""Headlines to sentiment, as events of news have it."""

import subprocess
import sys

import pytest

from streams.adapters.sentiment import MARKET_WORDS, sentiment
from streams.domain.context_event import ContextEvent, ContextKind, context_fault


@pytest.mark.parametrize(
    ("headline", "sign"),
    [
        ("Acme beats expectations, shares surge to a record", 1),
        ("Brokers upgrade Acme to outperform", 1),
        ("Acme plunges as regulator opens fraud investigation", -1),
        ("Acme misses estimates and warns of layoffs", -1),
        ("Acme NOT upgraded", -1),
        ("Acme to hold its annual meeting in May", 0),
        ("Fed holds interest rates", 0),
        ("", 0),
        ("\0\n\t 🚀 12.5% ...", 0),
    ],
)
def test_the_sign_of_headlines(headline: str, sign: int) -> None:
    score, magnitude = sentiment(headline)
    assert (score > 0) - (score < 0) == sign
    assert (magnitude > 0) == (sign != 0)


@pytest.mark.parametrize("headline", ["great " * 50_000, "crash! " * 300, "BANKRUPTCY!!!!"])
def test_it_always_fits_an_event(headline: str) -> None:
    score, magnitude = sentiment(headline)
    event = ContextEvent(
        "A", 1, ContextKind.NEWS_SENTIMENT, sentiment_score=score, sentiment_magnitude=magnitude
    )
    assert context_fault(event) is None
    assert magnitude <= 1


def test_the_words_of_the_market_are_on_the_lexicon_s_scale() -> None:
    assert all(-4 <= valence <= 4 and word.islower() for word, valence in MARKET_WORDS.items())


def test_the_lexicon_is_read_at_the_first_headline_only() -> None:
    script = "import sys, streams.adapters.sentiment; print('vaderSentiment' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
