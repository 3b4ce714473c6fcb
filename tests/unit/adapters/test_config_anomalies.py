"""Sections `[anomalies]` and `[context]`: what they mean, and what is wrong with them."""

from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.config_anomalies import LadderKeys, anomaly_rules
from streams.adapters.config_context import context_rules
from streams.adapters.settings import Settings
from streams.domain.anomalies.rules import LADDERS, AnomalyRules
from streams.domain.context_rules.context_rules import ContextRules
from streams.domain.errors import ConfigError
from tests.fakes import settings


def configured(folder: Path, text: str) -> Settings:
    path = folder / "tapedeck.toml"
    path.write_text(text)
    return settings(TAPEDECK_CONFIG=path)


def test_without_a_file_everything_is_as_usual() -> None:
    assert anomaly_rules(settings()) == AnomalyRules(intervals=("5m",))
    assert context_rules(settings()) == ContextRules()


def test_every_kind_has_a_key() -> None:
    assert set(LadderKeys.model_fields) == set(LADDERS)


def test_ladders_are_a_first_step_all_of_them_or_off(tmp_path: Path) -> None:
    rules = anomaly_rules(
        configured(
            tmp_path,
            """
            [anomalies]
            intervals = ["1min", "15m"]
            cooldown = "10m"
            closed_after = 0
            price_spike = 0.1
            volume_spike = [5, 10]
            rsi_extreme = false
            [[anomalies.symbols]]
            symbols = ["BTC*"]
            cooldown = "1m"
            price_spike = 0.2
            latency = false
            """,
        )
    )
    assert rules.intervals == ("1m", "15m")
    assert (rules.cooldown, rules.closed_after) == (600_000, 0)
    assert rules.ladders["price_spike"].steps == pytest.approx((0.1, 0.15, 0.2, 0.3))
    assert rules.ladders["volume_spike"].steps == (5.0, 10.0)
    assert "rsi_extreme" not in rules.ladders
    assert rules.ladders["price_gap"] == LADDERS["price_gap"]
    bitcoin = rules.of("BTC-USD")
    assert (bitcoin.cooldown, bitcoin.ladders["price_spike"].low) == (60_000, 0.2)
    assert "latency" not in bitcoin.ladders
    assert "latency" in rules.of("ETH").ladders


def test_a_first_step_alone_leaves_every_severity_within_reach(tmp_path: Path) -> None:
    rules = anomaly_rules(
        configured(
            tmp_path,
            "[anomalies]\nrsi_extreme = 80\nout_of_order = 0.505\ncrossed_quote = 0.001",
        )
    )
    assert rules.ladders["rsi_extreme"].steps == pytest.approx(
        (80, 86 + 2 / 3, 93 + 1 / 3, 96 + 2 / 3)
    )
    assert rules.ladders["out_of_order"].steps == pytest.approx((0.505, 0.525, 0.6, 0.75))
    assert rules.ladders["crossed_quote"].steps == (0.001, 0.002, 0.01)
    for kind, ladder in LADDERS.items():
        assert ladder.from_low(ladder.low).steps == pytest.approx(ladder.steps), kind


def test_all_of_it_can_be_off(tmp_path: Path) -> None:
    rules = anomaly_rules(configured(tmp_path, "[anomalies]\nenabled = false"))
    assert (rules.ladders, rules.intervals) == ({}, ())


def test_context_rules_are_changed_key_by_key(tmp_path: Path) -> None:
    rules = context_rules(
        configured(
            tmp_path,
            '[context.news]\nhalf_life = "6h"\n[context.order_book]\nenabled = false\n'
            "[context.fundamentals]\nchange = 0.25\n[context.economic]\nleast = 24",
        )
    )
    usual = ContextRules()
    assert usual.news
    assert usual.fundamentals
    assert usual.economic
    assert rules == ContextRules(
        replace(usual.news, half_life=21_600_000),
        None,
        replace(usual.fundamentals, change=0.25),
        replace(usual.economic, least=24),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[anomalies]\nprice_spikes = 1", "anomalies.price_spikes: expected keys among"),
        ("[anomalies]\nprice_spike = [2, 1]", "anomalies.price_spike: expected one to four rising"),
        ("[anomalies]\nprice_spike = -0.1", "price_spike: expected one to four rising"),
        ("[anomalies]\nprice_spike = [1, 2, 3, 4, 5]", "was [1, 2, 3, 4, 5]"),
        ("[anomalies]\nprice_spike = []", "was []"),
        ("[anomalies]\nprice_spike = true", "anomalies.price_spike: expected false, a finite"),
        ("[anomalies]\nprice_spike = inf", "anomalies.price_spike: expected false, a finite"),
        (f"[anomalies]\nprice_spike = [1{'0' * 400}]", "anomalies.price_spike: expected false"),
        ("[anomalies]\nprice_spike = 0", "anomalies.price_spike: expected one to four rising"),
        ("[anomalies]\nrsi_extreme = 30", "anomalies.rsi_extreme: expected one to four rising"),
        ("[anomalies]\nrsi_extreme = [80, 100]", "numbers >= 50, below 100, was [80, 100]"),
        ("[anomalies]\nout_of_order = [0.1, 5]", "numbers >= 0, below 1, was [0.1, 5]"),
        ('[anomalies]\nintervals = ["7m"]', "anomalies.intervals: expected a length that divides"),
        ('[anomalies]\nintervals = ["1h"]', "expected names among TAPEDECK_INTERVALS (1m,5m,15m)"),
        (
            '[anomalies]\ncooldown = "soon"',
            "anomalies.cooldown: expected milliseconds, or a number",
        ),
        (
            "[[anomalies.symbols]]\nprice_spike = 1",
            "anomalies.symbols[1].symbols: expected a value",
        ),
        ('[[anomalies.symbols]]\nsymbols = ["A"]\nprice_gap = [2, 1]', "rising numbers"),
        ("[anomalies]\nsymbols = 3", "expected [[anomalies.symbols]], was one table or value"),
        ("[context]\nnewz = 1", "context.newz: expected keys among news, order_book"),
        ("[context.news]\nconfidence = 1", "context.news.confidence"),
        ("[context.news]\nthreshold = nan", "context.news.threshold"),
        ('[context.order_book]\nhalf_life = "0s"', "context.order_book.half_life"),
        ("[context]\nnews = 3", "context.news: expected a table, was int"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str, tmp_path: Path) -> None:
    used = configured(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        (context_rules if text.startswith("[context") else anomaly_rules)(used)
    assert said in str(caught.value)
