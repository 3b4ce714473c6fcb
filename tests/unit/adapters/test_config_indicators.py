"""Section `[indicators]`: which indicators each interval has, and errors that name the place."""

from pathlib import Path

import pytest

from streams.adapters.config_indicators import indicator_sets
from streams.domain.errors import ConfigError
from streams.domain.indicators.catalogue import standard_set
from streams.domain.indicators.ema import Ema
from streams.domain.indicators.indicator_set import IndicatorSets
from streams.domain.indicators.volatility import Volatility
from tests.fakes import settings
from tests.unit.docs.pages import ROOT

EXAMPLE = ROOT / "infra" / "tapedeck.example.toml"
NEEDED = ("ema38", "ema100")


def sets(tmp_path: Path, text: str, **values: object) -> IndicatorSets:
    path = tmp_path / "tapedeck.toml"
    path.write_text(text)
    return indicator_sets(settings(TAPEDECK_CONFIG=path, **values))


def test_no_file_and_no_section_give_the_standard_set_to_all(tmp_path: Path) -> None:
    standard = IndicatorSets(standard_set(seeded=True), {})
    assert indicator_sets(settings()) == sets(tmp_path, "") == standard
    assert standard.of("7m") == standard.default


def test_each_interval_has_its_own_or_the_default(tmp_path: Path) -> None:
    found = sets(
        tmp_path,
        '[indicators]\ndefault = ["sma20", "rsi14"]\n"1min" = ["rsi14_cutler", "lag2"]\n"15m" = []',
    )
    assert found.of("5m").names == (*NEEDED, "sma20", "rsi14")
    assert found.of("1m").names == (*NEEDED, "rsi14_cutler", "lag2")
    assert found.of("15m").names == NEEDED


def test_the_averages_of_breakouts_are_always_there_and_once(tmp_path: Path) -> None:
    found = sets(tmp_path, '[indicators]\ndefault = ["ema100", "sma5", "sma5", "ema12"]')
    assert found.default.names == (*NEEDED, "sma5", "ema12")


def test_the_standard_set_can_be_added_to(tmp_path: Path) -> None:
    found = sets(tmp_path, '[indicators]\n"5m" = ["standard", "atr14", "sma20"]')
    assert found.of("5m").names == (*standard_set(seeded=True).names, "atr14")
    assert found.of("1m") == standard_set(seeded=True)


def test_tables_have_more_than_a_period(tmp_path: Path) -> None:
    text = """
        [indicators]
        default = [
            { name = "bb", period = 50, width = 2.5 }, { name = "macd", fast = 8 }, "stoch21",
            { name = "stoch21", slow = 1, signal = 5 }, { name = "keltner", width = 3 },
        ]
    """
    names = [each.name for each in sets(tmp_path, text).default.indicators[2:]]
    assert names == ["bb50_2_5", "macd8", "stoch21", "stoch21_1_5", "keltner20_3_10"]


def test_the_scale_of_volatilities_is_set_for_all_or_for_one(tmp_path: Path) -> None:
    text = """
        [indicators]
        periods_a_year = 365
        default = ["volatility20", { name = "volatility", period = 10, periods_a_year = 1 }]
        "1m" = ["standard"]
    """
    found = sets(tmp_path, text)
    assert found.default.indicators[2:] == (Volatility(20, 365), Volatility(10, 1))
    assert Volatility(20, 365) in found.of("1m").indicators


def test_averages_start_as_the_setting_says(tmp_path: Path) -> None:
    found = sets(tmp_path, '[indicators]\ndefault = ["ema5"]', TAPEDECK_EMA_MODE="debs")
    assert found.default.indicators == (Ema(38, False), Ema(100, False), Ema(5, False))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default = 5", 'indicators.default: expected names such as ["sma20", "rsi14"], was 5'),
        ("default = [5]", 'indicators.default[1]: expected "sma20" or {'),
        ('default = ["sma5", "smq20"]', "indicators.default[2]: expected an indicator such as"),
        ('default = ["sma"]', "indicators.default[1]: expected a period such as sma20, was 'sma'"),
        ('default = ["sma0"]', "default[1].period: expected a whole number 1 to 5000, was 0"),
        ('default = ["bb1"]', "default[1].period: expected a whole number 2 to 5000, was 1"),
        ('default = ["sma99999999999999"]', "expected a whole number 1 to 5000, was 999999999"),
        ('default = ["obv7"]', "expected an indicator such as"),
        ('default = ["sma-5"]', "was 'sma-5'"),
        (
            'default = [{ name = "sma", period = 2.5 }]',
            "default[1].period: expected a whole number",
        ),
        ('default = [{ name = "sma", period = true }]', "was True"),
        (
            'default = [{ name = "bb", width = 0 }]',
            "default[1].width: expected a number > 0, 1e+09 at most, was 0",
        ),
        (
            'default = [{ name = "bb", width = inf }]',
            "width: expected a number > 0, 1e+09 at most, was inf",
        ),
        (
            'default = [{ name = "bb", wide = 1 }]',
            "wide: expected parameters of bb (period, width)",
        ),
        ('default = [{ name = "bb", seeded = true }]', "expected parameters of bb"),
        ('default = [{ name = "obv", period = 3 }]', "expected parameters of obv (none), was"),
        ('default = [{ name = "bb20", period = 3 }]', "period: expected it once"),
        ('default = [{ name = "macd", fast = 30 }]', "fast: expected less than slow (26), was 30"),
        ("default = [{ period = 3 }]", "default[1]: expected"),
        ('default = [["sma20"]]', "default[1]: expected"),
        (
            'default = ["volatility20", { name = "volatility20", periods_a_year = 1 }]',
            "indicators.default: expected one indicator with the value volatility20, was two",
        ),
        (
            "periods_a_year = 0",
            "indicators.periods_a_year: expected a number > 0, 1e+09 at most, was 0",
        ),
        (
            'periods_a_year = "many"',
            "indicators.periods_a_year: expected a number > 0, 1e+09 at most, was 'many'",
        ),
        (
            'default = [{ name = "volatility9", periods_a_year = -1 }]',
            "indicators.default[1].periods_a_year: expected a number > 0, 1e+09 at most, was -1",
        ),
        (f"periods_a_year = 1{'0' * 400}", "indicators.periods_a_year: expected a number > 0"),
        ('"7m" = ["sma5"]', "indicators.7m: expected default, periods_a_year, 1m, 5m, 15m"),
        ('"1h" = ["sma5"]', "(intervals of TAPEDECK_INTERVALS), was '1h'"),
        ('defualt = ["sma5"]', "indicators.defualt: expected default, periods_a_year"),
        ('"1m" = []\n"60s" = []', "indicators.60s: expected 1m once, was there twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        sets(tmp_path, f"[indicators]\n{text}\n")
    assert str(error.value).startswith(f"{tmp_path / 'tapedeck.toml'}: indicators.")
    assert message in str(error.value)


def test_a_file_may_begin_with_the_mark_of_some_editors(tmp_path: Path) -> None:
    found = sets(tmp_path, '\ufeff[indicators]\ndefault = ["sma5"]')
    assert found.default.names == (*NEEDED, "sma5")


def test_a_section_that_is_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"toml: indicators: expected a table, was list"):
        sets(tmp_path, 'indicators = ["sma20"]')


def test_the_shipped_example_says_what_is_there_anyway_and_more() -> None:
    found = indicator_sets(settings(TAPEDECK_CONFIG=EXAMPLE))
    assert set(standard_set(seeded=True).names) < set(found.default.names)
    assert found.by_interval.keys() == {"1m"}
