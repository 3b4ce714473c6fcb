import pytest

from streams.adapters.database.export import Selection, export_of
from streams.adapters.database.export_columns import EXPORTS, indicator_order
from streams.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("ticks", "symbol,ts_ms,price,size,open,high,low,source,seq"),
        (
            "bars",
            "symbol,interval,start_ms,end_ms,open,high,low,close,volume,vwap,trades,last_ts_ms",
        ),
        ("indicators", "symbol,interval,start_ms,close"),
        ("signals", "id,time_ms,symbol,interval,kind,side,price,strength,warm,reason"),
        ("notifications", "signal_id,channel,status,attempts,delivered_ms"),
    ],
)
def test_the_columns_that_people_script_against(table: str, columns: str) -> None:
    assert ",".join(EXPORTS[table].columns).startswith(columns)


def test_indicators_come_in_the_order_of_the_catalogue_and_unknown_ones_last() -> None:
    names = [
        "ema38", "ema100", "sma5", "sma10", "sma200", "rsi14", "macd", "macd_signal",
        "macd_hist", "macd8_21_5", "bb_upper", "bb_middle", "bb_lower", "bb_percent_b",
        "bb_bandwidth", "bb50_upper", "volatility20", "momentum10", "ema12", "change",
        "change_pct", "lag1", "lag5", "rsi7_cutler", "rsi14_cutler", "vwap_session", "atr14",
        "another", "zoo",
    ]  # fmt: skip
    assert sorted(reversed(names), key=indicator_order) == names


def test_an_unknown_table_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"expected one of ticks, bars, .* was 'nonsense'"):
        export_of(Selection("nonsense"))


@pytest.mark.parametrize(
    "selection", [Selection("ticks", interval="5m"), Selection("dead_letters", symbol="A")]
)
def test_an_option_that_the_table_has_not_is_refused(selection: Selection) -> None:
    with pytest.raises(ConfigError, match="has no"):
        export_of(selection)
