"""What processes load, and who imports whom: the import rules, looked at from outside."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "functions", "panel_app")
HEAVY = ("quixstreams", "pyarrow", "polars", "panel", "bokeh", "sqlalchemy", "confluent_kafka")


def _loaded(module: str) -> set[str]:
    """The top-level names of everything that importing a module loads, in a fresh process."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(
    "module", ["functions.notify", "functions.notify.app", "panel_app.server", "streams.cli.main"]
)
def test_only_pipelines_load_quixstreams(module: str) -> None:
    assert "quixstreams" not in _loaded(module)


def test_a_function_loads_nothing_of_the_dashboard_or_of_files() -> None:
    assert _loaded("functions.notify.app").isdisjoint({"panel", "bokeh", "polars", "pyarrow"})


def test_the_command_line_loads_no_driver_until_a_command_runs() -> None:
    assert _loaded("streams.cli.main").isdisjoint(HEAVY)


def test_the_domain_loads_the_standard_library_only() -> None:
    names = " , ".join(name for name, _ in _modules("streams/domain") if "__init__" not in name)
    foreign = _loaded(names) - sys.stdlib_module_names - _loaded("sys") - {"streams"}
    assert foreign <= {"numpy"}


def test_quixstreams_is_imported_by_pipelines_and_the_adapters_that_wrap_it() -> None:
    importers = {
        name
        for package in PACKAGES
        for name, path in _modules(package)
        if any(each.partition(".")[0] == "quixstreams" for each in _imports(path))
    }
    wrappers = {
        "streams.adapters.quix",
        "streams.adapters.archive_sink",
        "streams.adapters.metrics",
    }
    assert {name for name in importers if not name.startswith("streams.apps.")} <= wrappers


def test_modules_stay_small() -> None:
    lines = {
        name: len(path.read_text().splitlines()) for p in PACKAGES for name, path in _modules(p)
    }
    assert {name: count for name, count in lines.items() if count > 250} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name
        for package in PACKAGES
        for name, path in _modules(package)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_every_extra_is_part_of_all() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    together = extras["all"][0].partition("[")[2].rstrip("]").split(",")
    assert sorted(together) == sorted(extras.keys() - {"all"})
