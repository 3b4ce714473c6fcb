"""Who imports whom, and how large a module is: the rules, looked at from outside."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "functions", "panel_app")


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_quixstreams_is_imported_by_pipelines_and_the_adapters_that_wrap_it() -> None:
    importers = {
        name
        for package in PACKAGES
        for name, path in _modules(package)
        if "quixstreams" in path.read_text()
        and any(each.partition(".")[0] == "quixstreams" for each in _imports(path))
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
        if _tree(path).body and not ast.get_docstring(_tree(path))
    ]
    assert silent == []


def test_every_extra_is_part_of_all() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    together = extras["all"][0].partition("[")[2].rstrip("]").split(",")
    assert sorted(together) == sorted(extras.keys() - {"all"})
