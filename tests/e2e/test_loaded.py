"""What a fresh process loads: nothing heavy, and nothing that belongs to another process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION = (
    "quixstreams confluent_kafka alembic numpy polars pyarrow httpx aiohttp panel bokeh panel_app "
    "streams.apps"
)
DRIVERS = "quixstreams confluent_kafka sqlalchemy numpy polars pyarrow panel bokeh"


def _loaded(modules: str) -> set[str]:
    """The names of all modules in a fresh process that imports these."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("functions.notify.app", FUNCTION),
        ("panel_app.server", "quixstreams streams.apps functions"),
        ("streams.cli.main", f"{DRIVERS} streams.apps functions panel_app"),
    ],
)
def test_a_process_loads_nothing_of_the_others(module: str, never: str) -> None:
    assert _loaded(module).isdisjoint(never.split())


def test_the_domain_loads_the_standard_library_only() -> None:
    paths = sorted((ROOT / "streams" / "domain").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    modules = ", ".join(name for name in names if not name.endswith("__init__"))
    loaded = {name.partition(".")[0] for name in _loaded(modules) - _loaded("sys")}
    assert loaded - sys.stdlib_module_names <= {"streams", "numpy"}
