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


def test_emas_come_first_by_period() -> None:
    names = sorted(["rsi14", "ema100", "bb_upper", "ema38"], key=indicator_order)
    assert names == ["ema38", "ema100", "bb_upper", "rsi14"]


def test_a_table_of_a_later_version_says_so() -> None:
    with pytest.raises(ConfigError, match="anomalies comes with a later version"):
        export_of(Selection("anomalies"))


def test_an_unknown_table_lists_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"expected one of ticks, bars, .* was 'nonsense'"):
        export_of(Selection("nonsense"))


@pytest.mark.parametrize(
    "selection", [Selection("ticks", interval="5m"), Selection("dead_letters", symbol="A")]
)
def test_an_option_that_the_table_has_not_is_refused(selection: Selection) -> None:
    with pytest.raises(ConfigError, match="has no"):
        export_of(selection)
