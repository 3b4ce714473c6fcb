"""Topics, tables, ports, formats and the summary are documented as they are."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator

from streams.adapters.database.export_columns import EXPORTS, indicator_order
from streams.adapters.schemas import schemas
from streams.adapters.services.fleet import SERVICES
from streams.adapters.settings import Settings
from streams.adapters.tape.chunk import Counts
from streams.adapters.tape.file import tape_files
from streams.adapters.tape.plan import Format, ReadOptions
from streams.adapters.tape.sniff import plan_for
from streams.adapters.topics import Topic
from streams.apps.pipelines import METRICS_PORTS
from streams.apps.replay.request import ReplayResult
from streams.apps.serve.ports import USUAL
from streams.cli.main import app
from streams.domain.indicators.catalogue import standard_set
from tests.unit.docs.pages import ARCHITECTURE, README, code, rows, section

WAITED = {
    "bars", "ticks_late", "ticks_duplicate", "signals", "anomalies", "notifications",
    "dead_letters",
}  # fmt: skip


@pytest.mark.parametrize("page", [README, ARCHITECTURE], ids=["readme", "architecture"])
def test_the_table_of_topics_has_every_topic(page: str) -> None:
    named = [name for row in rows(section(page, "Topics")) for name in code(row[0])]
    assert sorted(named) == sorted(topic.value for topic in Topic)


def test_the_tables_have_the_columns_of_the_export() -> None:
    table = {
        code(name)[0]: code(columns)[0] for name, _, columns in rows(section(README, "Tables"))
    }
    exported = {name: list(export.columns) for name, export in EXPORTS.items()}
    usual = sorted(standard_set(seeded=True).names, key=indicator_order)
    exported["indicators"] = ["symbol", "interval", "start_ms", "close", *usual, "warm"]
    assert {name: columns.split(",") for name, columns in table.items()} == exported


def test_the_ports_are_those_of_the_code() -> None:
    documented = {
        int(number)
        for row in rows(section(README, "Ports"))
        for number in re.findall(r"\d+", row[0])
    }
    usual = {port for service in SERVICES for port in service.ports.values()}
    broker = Settings.model_fields["broker_port"].default
    metrics = {min(METRICS_PORTS.values()), max(METRICS_PORTS.values())}
    command = typer.main.get_command(app).commands["panel"]  # type: ignore[attr-defined]  # a group
    panel = next(option.default for option in command.params if option.name == "port")
    assert documented == usual | metrics | set(USUAL.values()) | {broker, panel}


def test_the_keys_of_the_summary_are_documented() -> None:
    result = ReplayResult("", Counts(), (), None, None, 0.0).summary()
    named = [name for row in rows(section(README, "The summary")) for name in code(row[0])]
    assert sorted(named) == sorted(result.keys() | WAITED)


def _examples() -> list[tuple[str, list[str]]]:
    found = [(code(name)[0], code(shown)) for name, shown, _ in rows(section(README, "Files"))[:5]]
    return [(name, lines) for name, lines in found if len(lines) > 1]


@pytest.mark.parametrize(("name", "lines"), _examples())
def test_the_examples_are_recognised_as_their_format(
    name: str, lines: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "example.csv"
    path.write_text("\n".join(lines) + "\n")
    options = ReadOptions(symbol="EURUSD" if name == "quotes" else None)
    with tape_files([str(path)]) as files:
        plan = plan_for(files[0], options)
    assert plan is not None
    assert plan.format == name


def test_every_format_is_documented() -> None:
    named = [code(row[0])[0] for row in rows(section(README, "Files"))[:5]]
    assert sorted(named) == sorted({*Format} - {Format.AUTO})


def test_the_messages_of_feed_it_yourself_satisfy_the_schema() -> None:
    script = section(README, "Feed it yourself").split("```python\n")[1].split("```")[0]
    made = script.split("now = ")[1].split("for message")[0]
    shown = f"import json, time\nnow = {made}\nprint(json.dumps([tick, batch]))"
    compile(script, "README.md", "exec")
    done = subprocess.run(
        [sys.executable, "-c", shown], capture_output=True, text=True, check=True, timeout=60
    )
    validator = Draft202012Validator(json.loads(schemas()["ticks"]))
    for message in json.loads(done.stdout):
        validator.validate(message)
