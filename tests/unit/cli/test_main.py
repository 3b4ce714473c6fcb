"""How the command line ends when the machine is at fault."""

from pathlib import Path

import pytest

from streams.cli import main as command_line
from tests.command_line import tapedeck


def test_what_the_system_refuses_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = tapedeck("schemas", str(tmp_path / "file" / "folder"))
    assert done.code == 1
    assert "Not a directory" in done.error
    assert str(tmp_path) in done.error


def test_without_a_command_the_help_is_shown() -> None:
    done = tapedeck()
    assert done.code == 2
    assert "demo" in done.text + done.err


def test_a_stop_that_falls_into_a_c_library_is_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def call() -> None:
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr(command_line, "app", call)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 130


def test_any_other_fault_of_a_c_library_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def call() -> None:
        raise SystemError("bad argument")

    monkeypatch.setattr(command_line, "app", call)
    with pytest.raises(SystemError, match="bad argument"):
        command_line.main()
