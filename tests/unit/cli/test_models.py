"""`tapedeck train` and `tapedeck evaluate` from the outside; PricePredictor on what is made."""

import ast
import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.apps.price_predictor import PricePredictor
from streams.domain.errors import ConfigError, InputError
from streams.domain.prediction import CLASSIFIERS
from tests.command_line import tapedeck
from tests.fakes import settings
from tests.random_market import random_walk, rows_of

ROOT = Path(__file__).parents[3]
ROWS = list(rows_of(random_walk(120, 5), "AAPL"))


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tape") / "tape.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["timestamp", "symbol", "price"])
        for number, close in enumerate(random_walk(1_000, 6)):
            time = datetime.fromtimestamp(1_700_000_100 + 300 * number, UTC)
            writer.writerow([time.isoformat(), "AAPL", close])
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_train_then_predict(tape: Path, home: Path) -> None:
    done = tapedeck("train", "--no-validate", "--horizons", "1,6", "--json", str(tape))
    assert done.code == 0, done.err
    told = json.loads(done.text)
    assert told["interval"] == "5m"
    assert told["trained"]["AAPL"]["data"]["source"] == "tape.csv"
    assert (home / "models" / "5m" / "AAPL" / "CURRENT").is_file()
    predictor = PricePredictor(settings(TAPEDECK_HOME=home), lambda _interval, _symbol: ROWS[-1])
    said = predictor.predict_next_price("AAPL", time_horizon_minutes=5)
    assert 0 < said.low < said.price < said.high
    assert (said.last, said.time, said.minutes) == (ROWS[-1].close, ROWS[-1].end, 5)
    assert sorted(said.votes) == sorted(CLASSIFIERS)
    assert predictor.predict_next_price("AAPL", 30).price > 0
    with pytest.raises(ConfigError, match="time_horizon_minutes: expected one of 5, 30"):
        predictor.predict_next_price("AAPL", 7)
    with pytest.raises(ConfigError, match=r"expected some of MSFT .*run `tapedeck train`"):
        predictor.predict("MSFT")
    cold = PricePredictor(settings(TAPEDECK_HOME=home), lambda _interval, _symbol: ROWS[2])
    with pytest.raises(InputError, match="was one that still warms up"):
        cold.predict("AAPL")


@pytest.mark.usefixtures("home")
def test_evaluate_prints_tables_and_a_verdict(tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    arguments = ("evaluate", "--folds", "1", "--horizons", "1", str(tape))
    done = tapedeck(*arguments)
    assert done.code == 0, done.err
    for word in (*CLASSIFIERS, "chance", "majority", "last", "No edge", "Wilson", "range holds"):
        assert word in done.text
    assert "AAPL: fold 1 of 1" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--limit", "40"], 2, "expected at least 800 bars of 5m with every feature, was 0 of 40"),
        (["--horizons", "x"], 2, "--horizons: expected bars from 1 to 1000"),
        (["--interval", "7m"], 2, "interval: expected a length that divides a day"),
        (["--from-db"], 2, "--from-db: expected no FILE with it"),
        (["--features", "all"], 2, "scale_free"),
        (["--no-alone", "--no-pooled"], 2, "--no-alone: expected it without --no-pooled"),
        (["--seed", "99999999999"], 2, "2147483647"),
        (["nothing.csv"], 2, "nothing.csv"),
    ],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.usefixtures("home")
def test_wrong_use_is_one_clear_line(
    command: str, arguments: list[str], code: int, words: str, tape: Path
) -> None:
    done = tapedeck(command, *arguments, str(tape))
    assert done.code == code
    assert words in done.err


def test_features_whose_indicators_are_not_configured_are_named(
    tape: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = home.parent / "tapedeck.toml"
    monkeypatch.setenv("TAPEDECK_CONFIG", str(config))
    config.write_text('[indicators]\ndefault = ["rsi14"]\n')
    done = tapedeck("train", str(tape))
    assert done.code == 2
    assert "TAPEDECK_CONFIG" in done.error


def test_no_module_reads_a_library_of_the_models_before_it_is_needed() -> None:
    """Neither the other pipelines nor the functions may pay for them: no import at the top."""
    heavy = {"xgboost", "sklearn", "onnxruntime", "onnx", "skl2onnx", "threadpoolctl"}
    found = []
    for package in ("streams", "functions", "panel_app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text()
            if any(name in text for name in heavy):
                found += [(path.name, name) for name in _at_the_top(text) if name in heavy]
    assert found == []


def _at_the_top(text: str) -> list[str]:
    names = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            names += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module.partition(".")[0])
    return names
