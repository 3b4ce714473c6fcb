"""The command line within the test's own process: what it exits with and prints."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def error(self) -> str:
        """The error, which must be one line that says who speaks and no traceback."""
        assert "Traceback" not in self.err, self.err
        lines = [line for line in self.err.splitlines() if line]
        assert lines, "expected an error, was none"
        assert lines[-1].startswith("tapedeck: "), self.err
        return lines[-1].removeprefix("tapedeck: ")


def tapedeck(*arguments: str, stdin: bytes = b"") -> Done:
    """Run a command as `main` does, with the environment and folder of the test."""
    from streams.cli.main import main

    code: Any = 0
    with _streams(stdin) as (out, err), patch.object(sys, "argv", ["tapedeck", *arguments]):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        finally:
            logging.captureWarnings(False)
            sys.stdout.flush()
            sys.stderr.flush()
    return Done(code, out.getvalue(), err.getvalue().decode())


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    stdout, stderr = io.TextIOWrapper(out), io.TextIOWrapper(err)
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        patch.object(sys, "stdout", stdout),
        patch.object(sys, "stderr", stderr),
    ):
        yield out, err
        stdout.detach()  # or the buffers would be closed with the wrappers
        stderr.detach()
