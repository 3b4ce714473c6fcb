"""Every command: help with an example, clear errors, exit codes, and a quick start."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_group

from streams.cli.main import app
from streams.sample.tape import sample_tape
from tests.command_line import tapedeck

_HEAVY = {
    "quixstreams", "pyarrow", "polars", "numpy", "panel", "bokeh", "sqlalchemy", "psycopg2",
    "confluent_kafka", "pydantic", "pydantic_settings", "msgspec", "httpx", "redis",
}  # fmt: skip
_DOWN = {
    ("run", "bars"): "Kafka is not running: start it with `tapedeck services up`",
    ("run", "signals"): "Kafka is not running: start it with `tapedeck services up`",
    ("run", "archive"): "Kafka is not running: start it with `tapedeck services up`",
    ("run", "deliver"): "Kafka is not running: start it with `tapedeck services up`",
    ("topics", "list"): "Kafka is not running: start it with `tapedeck services up`",
    ("topics", "create"): "Kafka is not running: start it with `tapedeck services up`",
    ("replay", str(sample_tape())): "Kafka is not running: start it with `tapedeck services up`",
    ("replay", "--wait", str(sample_tape())): "Kafka is not running",
    ("seed",): "Kafka is not running: start it with `tapedeck services up`",
    ("panel",): "Kafka is not running: start it with `tapedeck services up`",
    ("serve", "--status"): "start it with `tapedeck serve`",
}
_NO_SERVER = "127.0.0.1:9"  # the discard port: nobody listens
_UNREACHABLE = {
    ("export", "bars"): {"DATABASE_URL": f"postgresql://me:secret@{_NO_SERVER}/x"},
    ("dead-letters", "list"): {"DATABASE_URL": f"postgresql://me:secret@{_NO_SERVER}/x"},
    ("db", "status"): {"DATABASE_URL": f"postgresql://me:secret@{_NO_SERVER}/x"},
    ("services", "up", "--only", "kafka"): {"KAFKA_BOOTSTRAP_SERVERS": _NO_SERVER},
    ("topics", "list"): {"KAFKA_BOOTSTRAP_SERVERS": _NO_SERVER},
}
_WRONG_SETTINGS = [
    ("TAPEDECK_INTERVALS", "7q"),
    ("TAPEDECK_INTERVALS", ","),
    ("TAPEDECK_INTERVALS", "7m"),
    ("TAPEDECK_SIGNAL_INTERVALS", "2m"),
    ("TAPEDECK_EMA_MODE", "simple"),
    ("TAPEDECK_GRACE", "-3s"),
    ("TAPEDECK_IDLE", "soon"),
    ("TAPEDECK_PARTITIONS", "0"),
    ("TAPEDECK_TOPIC_PREFIX", "a/b"),
    ("TAPEDECK_LOG_LEVEL", "loud"),
    ("TAPEDECK_METRICS_PORT", "70000"),
    ("TAPEDECK_NOTIFY_CHANNELS", "console,pigeon"),
]
_WRONG_USE = [
    ("--nonsense",),
    ("nonsense",),
    ("replay",),
    ("replay", "--speed", "fast", str(sample_tape())),
    ("replay", "--speed", "0", str(sample_tape())),
    ("replay", "--tz", "Mars/Olympus", str(sample_tape())),
    ("replay", "--from", "yesterday", str(sample_tape())),
    ("replay", "--loop", "--dry-run", str(sample_tape())),
    ("replay", "--wait", "--dry-run", str(sample_tape())),
    ("replay", "--format", "xml", str(sample_tape())),
    ("replay", "--limit", "-1", str(sample_tape())),
    ("replay", "--dry-run", "--symbol", "S", str(sample_tape())),
    ("run",),
    ("run", "barz"),
    ("export", "barz"),
    ("export", "bars", "--interval", "5x"),
    ("export", "bars", "--format", "xlsx"),
    ("export", "bars", "--from", "yesterday"),
    ("serve", "nonsense"),
    ("services", "up", "--only", "mongo"),
    ("demo", "--port", "0"),
    ("demo", "nowhere.csv"),
    ("dead-letters", "list", "--limit", "0"),
]


def _commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(_commands(get_group(app)))


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home where nothing runs, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAPEDECK_BROKER_PORT", "9")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    done = tapedeck(*command, "--help")
    assert done.code == 0
    assert "Example" in done.text
    assert f"tapedeck {' '.join(command)}" in done.text.split("Example", 1)[1]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_wrong_use(command: tuple[str, ...]) -> None:
    done = tapedeck(*command, "--no-such-option")
    assert done.code == 2
    assert "No such option: --no-such-option" in done.err


@pytest.mark.parametrize("arguments", _WRONG_USE, ids=" ".join)
def test_wrong_use_exits_with_2_and_says_what_was_wrong(arguments: tuple[str, ...]) -> None:
    done = tapedeck(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert done.err.strip()
    assert not done.out
    assert not Path("home").exists(), "wrong use leaves nothing behind"


def test_a_demo_reads_the_configuration_before_it_starts_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("tapedeck.toml").write_text('[indicators]\ndefault = ["smq20"]\n')
    monkeypatch.setenv("TAPEDECK_CONFIG", "tapedeck.toml")
    done = tapedeck("demo", "--exit")
    assert done.code == 2
    assert "tapedeck.toml: indicators.default[1]: expected an indicator such as" in done.error
    assert not Path("home").exists()


@pytest.mark.parametrize("arguments", _DOWN, ids=lambda arguments: " ".join(arguments)[:30])
def test_services_that_are_down_are_one_line_that_says_what_to_do(
    arguments: tuple[str, ...],
) -> None:
    done = tapedeck(*arguments)
    assert done.code == 1
    assert _DOWN[arguments] in done.error
    assert not done.out


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    """All at once: each is given some seconds to answer."""

    def run(arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", *arguments],
            capture_output=True,
            text=True,
            env=os.environ | _UNREACHABLE[arguments],
            timeout=60,
        )

    with ThreadPoolExecutor(len(_UNREACHABLE)) as pool:
        for done in pool.map(run, _UNREACHABLE):
            said = done.stderr.strip().splitlines()[-1]
            assert (done.returncode, done.stdout) == (1, ""), done
            assert said.startswith("tapedeck: ")
            assert _NO_SERVER in said
            assert "secret" not in done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("variable", "value"), _WRONG_SETTINGS)
def test_a_bad_setting_is_named_with_what_is_expected_and_was(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    done = tapedeck("run", "bars")
    assert done.code == 2
    assert done.error.startswith(f"{variable}: ")
    assert "expected" in done.error or "should" in done.error
    assert value.split(",")[-1] in done.error.lower()


@pytest.mark.parametrize(
    "command", ["services up", "status", "run bars", "demo --exit", "db status"]
)
def test_a_home_that_is_a_file_is_one_clear_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path / "file"))
    done = tapedeck(*command.split())
    assert done.code == 2
    assert done.error.startswith("TAPEDECK_HOME: expected a folder, was a file")


def test_what_reports_reports_one_json_object() -> None:
    import json

    for command in (("services", "status"), ("services", "down"), ("status",), ("reset", "-y")):
        done = tapedeck(*command, "--json")
        assert (done.code, type(json.loads(done.text))) == (0, dict)


def test_help_comes_at_once() -> None:
    """What `--help` loads decides how soon it comes, on any machine: nothing heavy."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "sys.argv = ['tapedeck', '--help']; from streams.cli.__main__ import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    found = done.stderr.split()
    assert {name.split(".")[0] for name in found} & _HEAVY == set()
    assert not [n for n in found if n.startswith(("streams.apps", "streams.adapters", "panel_app"))]


def test_ctrl_c_while_the_command_line_loads_is_one_like_any_other() -> None:
    code = """
import sys
class Interrupted:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from streams.cli.__main__ import run
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
