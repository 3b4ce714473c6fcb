"""`tapedeck rules` and `tapedeck backtest`, as they are typed."""

import json
from pathlib import Path

import pytest

from tests.command_line import tapedeck
from tests.walk_tape import write_tape

CONFIG = """
[[rules]]
name = "thrust"
when = '''
close crosses above sma20
  and volume > 10'''
side = "buy"
cooldown = "10m"
"""


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tape(tmp_path_factory.mktemp("tape") / "walk.csv.gz"))


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "tapedeck.toml"
    path.write_text(CONFIG)
    return str(path)


def test_the_rules_in_force_are_listed_with_the_names(config: str) -> None:
    done = tapedeck("rules", "list", "--config", config, "--json")
    found = json.loads(done.text)
    assert [rule["name"] for rule in found["rules"]] == ["breakout", "recommendation", "thrust"]
    assert found["rules"][2] == {
        "name": "thrust", "kind": "rule:thrust", "side": "buy", "cooldown_ms": 600_000,
        "when": "close crosses above sma20 and volume > 10", "intervals": ["5m"],
        "symbols": ["*"], "names": ["close", "sma20", "volume"], "bars": 2,
    }  # fmt: skip
    assert found["votes"] == ["rsi", "macd", "momentum", "change", "bollinger"]
    assert {"close", "rsi14", "vote_rsi"} <= set(found["names"]["1m"])
    shown = tapedeck("rules", "list", "--config", config)
    assert "thrust" in shown.text
    assert "names on 1m, 5m, 15m: open high low close" in shown.text


def test_an_expression_is_checked(config: str) -> None:
    done = tapedeck("rules", "check", "close > close[2]")
    assert (done.code, done.text) == (0, "ok: uses close; looks at the last 3 bars\n")
    wrong = tapedeck("rules", "check", "close > rsi99")
    assert wrong.code == 2
    assert wrong.err.splitlines() == [
        "tapedeck: column 9: expected a name that is known, was 'rsi99' (did you mean rsi14?)",
        "  close > rsi99",
        "          ^",
    ]
    whole = tapedeck("rules", "check", "--config", config)
    assert whole.text == "thrust: uses close, sma20, volume; looks at the last 2 bars\n"


def test_without_a_rule_of_ones_own_it_says_so() -> None:
    done = tapedeck("rules", "check")
    assert (done.code, done.text) == (0, "no rules of your own (TAPEDECK_CONFIG names no file)\n")


def test_a_broken_configuration_is_one_error_that_names_the_key(config: str) -> None:
    Path(config).write_text(CONFIG.replace("sma20", "sma21x"))
    done = tapedeck("rules", "list", "--config", config)
    assert done.code == 2
    assert "tapedeck.toml: rules[1].when: column 21: expected a name that is known" in done.err


def test_a_rule_is_tested_on_the_shipped_tape() -> None:
    done = tapedeck("rules", "test", "breakout", "--symbols", "B*", "--json")
    found = json.loads(done.text)
    assert (found["interval"], found["symbols"]) == ("5m", 1)
    assert 300 < found["bars"] < 500


def test_a_rule_is_tested_on_a_tape(config: str, tape: str) -> None:
    typed = ("rules", "test", "thrust", "--on", tape, "--interval", "1m", "--config", config)
    done = tapedeck(*typed, "--symbols", "B*", "--json")
    found = json.loads(done.text)
    assert (found["interval"], found["symbols"]) == ("1m", 1)
    assert found["signals"] == len(found["hits"]) == found["sides"]["buy"] > 5
    assert {card["horizon"] for card in found["scorecard"]} == {1, 5, 20}
    for card in found["scorecard"]:
        assert card["low"] <= card["hit_rate"] <= card["high"]
        inside = card["low"] <= card["base_rate"] <= card["high"]
        assert (card["verdict"] == "no other") == inside
    assert found["hits"] == sorted(found["hits"], key=lambda hit: hit["time_ms"])
    shown = tapedeck(*typed, "--symbols", "B*")
    assert f"thrust: {found['signals']} signals on" in shown.text
    assert "BRISK" in shown.text


def test_a_tape_without_a_bar_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("timestamp,symbol,price\n")
    for command in (("rules", "test", "breakout", "--on", "t.csv"), ("backtest", "t.csv")):
        done = tapedeck(*command)
        assert (done.code, done.text) == (0, "No bars: the tape has no tick that was asked for.\n")


def test_a_gain_without_a_limit_is_null_in_json(tmp_path: Path) -> None:
    prices = [1e-300, 1e-300, 1e300, 1e-300, 1e300]
    rows = [f"{1_700_000_000 + 300 * at},ACME,{price}" for at, price in enumerate(prices)]
    (tmp_path / "t.csv").write_text("\n".join(["timestamp,symbol,price", *rows]))
    done = tapedeck("rules", "test", "close > close[1]", "--on", "t.csv", "--cold", "--json")
    first = json.loads(done.text, parse_constant=pytest.fail)["scorecard"][0]
    assert (first["base_rate"], first["base_mean_return"]) == (0.5, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rules", "test", "nope"), "rule: expected breakout, recommendation or an expression"),
        (("rules", "test", "breakout", "--side", "buy"), "side: expected none for breakout"),
        (("rules", "test", "close > 1", "--side", "up"), "side: expected buy, sell or neutral, wa"),
        (("rules", "test", "breakout", "--on", "none.csv"), "no such file or directory"),
        (("rules", "test", "breakout", "--interval", "7m"), "expected a length that divides a day"),
        (
            ("rules", "test", "breakout", "--on", "TAPE", "--symbol", "X"),
            "--symbol: expected a file without",
        ),
        (("backtest", "--rule", "nope"), "rule: expected breakout, recommendation or an"),
        (("backtest", "--html", "."), "--html: expected a file, was a folder"),
        (
            ("backtest", "TAPE", "--html", "no/such/folder/r.html"),
            "cannot write no/such/folder/r.html: No",
        ),
        (("rules", "list", "--config", "none.toml"), "cannot read none.toml: No such file"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], said: str, tape: str) -> None:
    done = tapedeck(*(tape if each == "TAPE" else each for each in arguments))
    assert done.code in (1, 2)
    assert said in done.error


def test_a_year_of_endless_bars_is_wrong_use() -> None:
    done = tapedeck("backtest", "--bars-a-year", "inf", "--json")
    assert (done.code, "--bars-a-year" in done.err) == (2, True)


def test_a_backtest_says_what_luck_has_to_do_with_it(tmp_path: Path, tape: str) -> None:
    typed = ("backtest", tape, "--rule", "close > sma20", "--interval", "1m", "--json")
    done = tapedeck(
        *typed, "--costs", "5", "--slippage", "2", "--tried", "7", "--html", "report.html",
    )  # fmt: skip
    found = json.loads(done.text)
    assert (found["costs_bps"], found["slippage_bps"], found["tried"]) == (5, 2, 7)
    assert found["trades"] >= found["won"] >= 0
    assert found["buy_and_hold"].keys() == {
        "total_return", "sharpe", "volatility", "worst_drawdown",
    }  # fmt: skip
    assert 0 < found["permutation_p"] <= 1
    assert 0 <= found["deflated_sharpe"] <= 1
    assert "best of 7 tried" in " ".join(found["doubts"])
    assert "<svg" in (tmp_path / "report.html").read_text()
    free = json.loads(tapedeck(*typed).text)
    assert free["total_return"] > found["total_return"]
    shown = tapedeck("backtest", tape, "--rule", "rsi14 < 30").text
    assert "buy and hold" in shown
    assert "- What worked on this tape need not work on the next one." in shown
