"""`tapedeck dead-letters` for the events that `functions.dead_letter` kept."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.broker.dead_lettering import Letters
from tests.command_line import tapedeck
from tests.scripted_sink import Sink


@pytest.fixture
def command(letters: Letters, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Letters:
    """The commands read the same database, far from a home of the developer's."""
    monkeypatch.setenv("DATABASE_URL", letters.url)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return letters


def test_nothing_there_is_said_and_fine(command: Letters) -> None:
    assert "no dead letters" in tapedeck("dead-letters", "list").text
    done = tapedeck("dead-letters", "replay", "--all")
    assert (done.code, done.text) == (0, "nothing to replay\n")


def test_the_commands_list_show_and_replay(command: Letters, sink: Sink) -> None:
    command.post("e1", sink.url, b'{"a": "\xc3\xa9"}')
    command.post("e2", "http://nix.localhost/")
    listed = json.loads(tapedeck("dead-letters", "list", "--kind", "event", "--json").text)
    assert [(each["count"], each["reason"]) for each in listed["counts"]] == [
        (1, "503"),
        (1, "503"),
    ]
    assert [letter["position"] for letter in listed["letters"]] == ["e2", "e1"]
    assert "no dead letters" in tapedeck("dead-letters", "list", "--kind", "input").text
    first, second = command.ids
    shown = tapedeck("dead-letters", "show", first).text
    assert "error:        down\n" in shown
    assert '{"a": "é"}' in shown
    assert tapedeck("dead-letters", "show", first, "--raw").out == b'{"a": "\xc3\xa9"}'
    assert json.loads(tapedeck("dead-letters", "show", first, "--json").text)["arrivals"] == 1
    plan = tapedeck("dead-letters", "replay", "--all", "--dry-run").text
    assert "2 would be replayed" in plan
    assert sink.url in plan
    done = tapedeck("dead-letters", "replay", "--all", "--json")
    assert done.code == 1
    said = json.loads(done.text)
    assert said["counts"] == {"replayed": 1, "nowhere": 1}
    again = tapedeck("dead-letters", "replay", first)
    assert (again.code, again.text) == (0, "nothing to replay\n")
    assert "replayed already" in again.err
    there = tapedeck("dead-letters", "replay", second, "--to", sink.url)
    assert (there.code, there.text) == (0, "1 replayed\n")
    assert sink.ids == ["e1", "e2"]


WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "expected ids or --all, was neither"),
    (("x", "--all"), "was both"),
    (("x", "--code", "503"), "go with --all"),
    (("x",), "expected an id that `list` prints, was 'x'"),
    (("--all", "--to", "nowhere"), "expected http"),
    (("rejected",), "is rejected input"),
]


def test_wrong_use_is_exit_2(command: Letters) -> None:
    row = "('rejected', 'replay', 'bad', '', 'f', 1, 'x', 1)"
    with command.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO dead_letters VALUES {row}"))
    for arguments, expected in WRONG:
        done = tapedeck("dead-letters", "replay", *arguments)
        assert done.code == 2
        assert expected in done.error
