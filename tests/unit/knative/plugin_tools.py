"""Stand-ins for kn and kubectl: they record how they are called, and fail where they are told."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.unit.knative.building import KNATIVE, build

PLUGIN = KNATIVE / "kn-service-deploy"
# `kubectl kustomize` is answered by the builder of these tests, in kustomize's own layout.
_TOOL = """#!{python} -IS
import json, os, sys
arguments = sys.argv[1:]
tool = os.path.basename(sys.argv[0])
call = " ".join([tool, *arguments])
if tool == "kubectl" and arguments[0] == "kustomize":
    made = os.path.join({made!r}, os.path.basename(arguments[1]))
    if os.path.isfile(made):
        sys.stdout.write(open(made).read())
    else:
        sys.path += {path!r}
        from tests.unit.knative.plugin_tools import kustomized
        sys.stdout.write(kustomized(arguments[1]))
read = sys.stdin.read() if arguments[-2:] == ["-f", "-"] else ""
if "-f" in arguments and arguments[arguments.index("-f") + 1] != "-":
    read = open(arguments[arguments.index("-f") + 1]).read()
with open({log!r}, "a") as log:
    log.write(json.dumps({{"call": call, "read": read}}) + "\\n")
if os.environ.get("FAIL") and os.environ["FAIL"] in call:
    sys.exit("error: " + os.environ["FAIL"] + " refused")
"""


@cache
def kustomized(folder: str) -> str:
    """What `kubectl kustomize FOLDER` prints."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return "---\n".join(yaml.dump(d, Dumper=dumper, width=1000) for d in build(Path(folder)))


@dataclass(frozen=True)
class Ended:
    """How the plugin ended, and what it called."""

    code: int
    out: str
    err: str
    calls: list[dict[str, Any]]

    def read_by(self, call: str) -> list[str]:
        """What was handed to each command that begins like this."""
        return [held["read"] for held in self.calls if held["call"].startswith(call)]


class Tools:
    """A PATH with only these tools on it."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("kn", "kubectl")) -> None:
        self._bin = folder / "bin"
        self._log = folder / "calls.jsonl"
        self._bin.mkdir()
        for overlay in ("dev", "kafka", "kafkasource", "servers-dev"):
            (folder / overlay).write_text(kustomized(str(KNATIVE / "overlays" / overlay)))
        text = _TOOL.format(
            python=sys.executable,
            path=[str(KNATIVE.parent), *sys.path],
            made=str(folder),
            log=str(self._log),
        )
        for name in names:
            (self._bin / name).write_text(text)
            (self._bin / name).chmod(0o755)

    def deploy(self, *arguments: str, fail: str = "", plugin: Path = PLUGIN) -> Ended:
        """`kn service deploy ARGUMENTS`."""
        self._log.write_text("")
        done = subprocess.run(
            [sys.executable, str(plugin), *arguments],
            env={"PATH": str(self._bin), "FAIL": fail, "TMPDIR": os.environ.get("TMPDIR", "/tmp")},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        calls = [json.loads(line) for line in self._log.read_text().splitlines()]
        return Ended(done.returncode, done.stdout, done.stderr, calls)
