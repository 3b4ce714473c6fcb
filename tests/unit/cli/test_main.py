"""How the command line ends when the machine is at fault."""

from pathlib import Path

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
