"""The README's commands are those of the command line, and their options exist."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from streams.cli.main import app
from tests.unit.docs.pages import README, ROOT, code, rows, section

_MAKE = re.compile(r"^([a-z-]+):.*?## ", re.M)


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield path, command
        return
    for name, subcommand in subcommands.items():
        yield from _commands(subcommand, (*path, name))


COMMANDS = dict(_commands(typer.main.get_command(app)))


def _options(command: Any) -> set[str]:
    found = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return {name for name in found if name.startswith("-")} | {"--help"}


def _documented() -> list[tuple[tuple[str, ...], str]]:
    """The words of each command, and its whole row."""
    found = []
    for command, what in rows(section(README, "Commands")):
        words = code(command)[0].split()
        assert words[0] == "tapedeck"
        found.append((tuple(word for word in words[1:] if re.fullmatch("[a-z-]+", word)), what))
    return found


def test_the_table_has_every_command_and_no_other() -> None:
    assert sorted(words for words, _ in _documented()) == sorted(COMMANDS)


def test_options_in_the_table_exist() -> None:
    wrong = [
        (words, option)
        for words, what in _documented()
        for option in re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", " ".join(code(what)))
        if option not in _options(COMMANDS[words])
    ]
    assert wrong == []


def test_options_in_the_examples_exist() -> None:
    lines = re.findall(r"^tapedeck (.*?)(?:#.*)?$", README, re.M)
    demos = re.findall(r'^make demo DEMO="(.*?)"', README, re.M)
    assert lines
    assert demos
    for line in (*lines, *(f"demo {options}" for options in demos)):
        words = [word for word in line.split() if not word.startswith("-")]
        path = next(p for p in (tuple(words[:2]), tuple(words[:1])) if p in COMMANDS)
        given = {word for word in line.split() if word.startswith("-")}
        assert given <= _options(COMMANDS[path]), line


def test_options_about_files_exist() -> None:
    mentioned = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", section(README, "Files")))
    assert mentioned - {"--exit"} <= _options(COMMANDS["replay",])


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(_MAKE.findall((ROOT / "Makefile").read_text()))
    named = set(re.findall(r"`make ([a-z-]+)", README)) | set(
        re.findall(r"^make ([a-z-]+)", README, re.M)
    )
    listed = set(section(README, "Two commands").split("other targets: `")[1].split("`")[0].split())
    assert named | listed <= targets
    assert targets == named | listed | {"help"}
