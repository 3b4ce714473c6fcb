"""Every reference of every indicator."""

from tests.oracles.agreement import Oracle
from tests.oracles.apart import faded, flat, no_flow, no_range, still
from tests.oracles.references import (
    adx,
    bollinger,
    cutler,
    dema,
    donchian,
    keltner,
    macd,
    polars_of,
    realised,
    talib_of,
    vwap,
)

ORACLES: tuple[Oracle, ...] = (
    *(
        Oracle(f"sma{n}", "TA-Lib SMA", talib_of("SMA", f"sma{n}", timeperiod=n))
        for n in (5, 10, 20, 50, 200)
    ),
    *(
        Oracle(
            f"ema{n}", "polars ewm_mean",
            polars_of(**{f"ema{n}": lambda c, n=n: c.ewm_mean(span=n, adjust=False)}),
        )
        for n in (12, 26, 38, 100)
    ),
    *(
        Oracle(
            f"ema{n}", "TA-Lib EMA, once faded",
            talib_of("EMA", f"ema{n}", timeperiod=n), faded(n),
        )
        for n in (12, 26, 38, 100)
    ),
    Oracle("wma20", "TA-Lib WMA", talib_of("WMA", "wma20", timeperiod=20)),
    Oracle("dema20", "TA-Lib EMA", dema),
    Oracle(
        "dema20", "TA-Lib DEMA, once faded",
        talib_of("DEMA", "dema20", timeperiod=20), faded(22),
    ),
    Oracle("rsi14", "TA-Lib RSI", talib_of("RSI", "rsi14", timeperiod=14), still),
    Oracle("rsi14_cutler", "numpy", cutler, flat(15)),
    Oracle("macd", "TA-Lib EMA", macd, of_price=True),
    Oracle(
        "macd", "TA-Lib MACD, once faded",
        talib_of("MACD", "macd", "macd_signal", "macd_hist",
               fastperiod=12, slowperiod=26, signalperiod=9),
        faded(26), of_price=True,
    ),
    Oracle(
        "bb20", "TA-Lib BBANDS",
        talib_of("BBANDS", "bb_upper", "bb_middle", "bb_lower",
                 timeperiod=20, nbdevup=2, nbdevdn=2),
    ),
    Oracle("bb20", "numpy", bollinger, flat(20)),
    Oracle(
        "volatility20", "polars rolling_std",
        polars_of(volatility20=lambda c: c.pct_change().rolling_std(20) * 252**0.5),
    ),
    Oracle("realised_volatility20", "numpy", realised),
    Oracle("momentum10", "TA-Lib ROCP", talib_of("ROCP", "momentum10", timeperiod=10)),
    Oracle("roc10", "TA-Lib ROC", talib_of("ROC", "roc10", timeperiod=10)),
    Oracle("change", "TA-Lib MOM", talib_of("MOM", "change", timeperiod=1)),
    Oracle("change", "TA-Lib ROC", talib_of("ROC", "change_pct", timeperiod=1)),
    *(
        Oracle(f"lag{n}", "polars shift", polars_of(**{f"lag{n}": lambda c, n=n: c.shift(n)}))
        for n in (1, 2, 5)
    ),
    Oracle("atr14", "TA-Lib ATR", talib_of("ATR", "atr14", of="high low close", timeperiod=14)),
    Oracle(
        "stoch", "TA-Lib STOCH",
        talib_of("STOCH", "stoch_k", "stoch_d", of="high low close",
               fastk_period=14, slowk_period=3, slowd_period=3),
        no_range,
    ),
    Oracle("adx14", "TA-Lib ADX, PLUS_DI, MINUS_DI", adx),
    Oracle("cci20", "TA-Lib CCI", talib_of("CCI", "cci20", of="high low close", timeperiod=20)),
    Oracle(
        "mfi14", "TA-Lib MFI",
        talib_of("MFI", "mfi14", of="high low close volume", timeperiod=14), no_flow,
    ),
    Oracle("obv", "TA-Lib OBV", talib_of("OBV", "obv", of="close volume")),
    Oracle("vwap_session", "polars cum_sum", vwap),
    Oracle("donchian", "TA-Lib MAX, MIN", donchian),
    Oracle("keltner", "TA-Lib EMA, ATR", keltner),
    Oracle(
        "zscore20", "polars rolling_std",
        polars_of(zscore20=lambda c: (c - c.rolling_mean(20)) / c.rolling_std(20, ddof=0)),
        flat(20),
    ),
)  # fmt: skip
