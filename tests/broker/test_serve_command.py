"""`tapedeck serve` as a process: an HTTP-only function by name, its state, and its sudden death."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from streams.adapters.local_functions import LocalFunctions, local_functions
from tests.command_line import tapedeck
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: my-function}
spec:
  template:
    spec:
      containerConcurrency: 2
      timeoutSeconds: 20
      containers:
        - image: x
          command: ["gunicorn"]
          args: [--workers=1, --threads=2, --no-control-socket, "tests.broker.fake_function:app"]
"""


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: [service.yaml]\npatches: []\n")
    (folder / "service.yaml").write_text(SERVICE)
    return folder


@contextmanager
def served(home: Path, manifests: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    env = {
        **os.environ,
        "TAPEDECK_HOME": str(home),
        "TAPEDECK_BROKER_PORT": "0",
        "TAPEDECK_FUNCTION_PORTS": "my_function=0",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "streams.cli", "serve", name, "--manifests", str(manifests)]
    home.mkdir()
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=home)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _running(home: Path) -> LocalFunctions:
    return wait_for(lambda: local_functions(home), "`tapedeck serve` to listen", 60)


def _get(url: str, accept: str = "*/*") -> str:
    request = Request(url, headers={"accept": accept})
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        body: bytes = answer.read()
        return body.decode()


def test_an_http_function_starts_when_asked_shows_and_dies_with_serve(
    tmp_path: Path, manifests: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("TAPEDECK_HOME", str(home))
    with served(home, manifests, "my_function") as serve:
        running = _running(home)
        pid_file = home / "run" / "my-function.pid"
        assert not pid_file.exists()
        assert "my-function" in _get(running.functions["my-function"])
        pid = int(pid_file.read_text())
        state = json.loads(tapedeck("serve", "--status", "--json").text)
        assert [each["pid"] for each in state["services"][0]["instances"]] == [pid]
        assert state == json.loads(_get(running.broker)) | {"services": state["services"]}
        assert str(pid) in tapedeck("serve", "--status").text
        assert f"<td>{pid}</td>" in _get(running.broker, "text/html")
        serve.send_signal(signal.SIGKILL)
        serve.wait()
        wait_for(lambda: not pid_file.exists(), "the instance to end and remove its pid file", 60)
        assert local_functions(home) is None
        output = (home / "output").read_text()
    assert f"my-function: started pid={pid}" in output
    assert "manifests/kustomization.yaml: patches: only resources are read here" in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nix",), "expected functions among my-function, was nix"),
        (("--overlay", "nix"), "--overlay: expected one of"),
        (("--overlay", "dev", "--manifests", "x"), "was both"),
        (("--json",), "together with --status"),
    ],
)
def test_wrong_use_is_exit_2(
    tmp_path: Path,
    manifests: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    more = () if "--overlay" in arguments else ("--manifests", str(manifests))
    done = tapedeck("serve", *arguments, *more)
    assert done.code == 2
    assert expected in done.error


def test_status_without_a_broker_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    done = tapedeck("serve", "--status", "--port", "9")
    assert done.code == 1
    assert "start it with `tapedeck serve`" in done.error
