"""Whenever a function is stopped, no process and no pid file is left."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streams.apps.serve.activator import Activator
from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from tests.unit.serve.subscriber import until
from tests.waiting import wait_for

APP = ("--workers=1", "--threads=2", "--no-control-socket", "tests.broker.fake_function:app")
BROKEN = (*APP[:-1], "tests.broker.fake_function:broken()")

Stage = Callable[[Instance], bool]


def _returned(instance: Instance) -> bool:
    return instance._process is not None and instance._process.returncode is not None


STAGES: dict[str, Stage] = {
    "about to be spawned": lambda instance: True,
    "spawned": lambda instance: instance.pid is not None,
    "noted": lambda instance: instance.pid_file.exists(),
    "ready": lambda instance: instance.state is State.READY,
}


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_while_it_starts_it_leaves_nothing(tmp_path: Path, stage: str) -> None:
    asyncio.run(_stopped_at(tmp_path, APP, STAGES[stage]))


def test_stopped_at_the_moment_it_has_ended_it_leaves_nothing(tmp_path: Path) -> None:
    killed: set[int] = set()

    def ended(instance: Instance) -> bool:
        if instance.state is State.READY and instance.pid and instance.pid not in killed:
            os.kill(instance.pid, signal.SIGKILL)
            killed.add(instance.pid)
        return _returned(instance)

    asyncio.run(_stopped_at(tmp_path, APP, ended))


def test_stopped_while_it_fails_to_start_it_leaves_nothing(tmp_path: Path) -> None:
    asyncio.run(_stopped_at(tmp_path, BROKEN, _returned))


async def _stopped_at(home: Path, args: tuple[str, ...], stage: Stage) -> None:
    activator = _activator(home, args)
    request = asyncio.create_task(activator.call("GET", "/", {}, b""))
    async with asyncio.timeout(30):
        while not activator.pool._instances:
            await asyncio.sleep(0)
        (instance,) = activator.pool._instances
        while not stage(instance):
            await asyncio.sleep(0)  # no time passes between the moment and the stop
    await activator.close()
    assert not _pid_files(home)
    assert instance.state is State.GONE
    assert instance.session.closed
    assert instance.pid is None or not psutil.pid_exists(instance.pid)
    assert (await request).status in (503, 0, 200)


def test_two_stops_at_once_and_a_successor_keeps_its_pid_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        activator = Activator(
            Service("f", APP, concurrency=2, timeout=20), tmp_path, lambda _: None
        )
        assert (await activator.call("GET", "/", {}, b"")).status == 200
        (first,) = activator.pool.running
        await asyncio.gather(first.stop(), first.stop())
        assert not _pid_files(tmp_path)
        await until(lambda: not activator.pool.running)
        assert (await activator.call("GET", "/", {}, b"")).status == 200
        (second,) = activator.pool.running
        await first.stop()
        assert second.pid_file.read_text().strip() == str(second.pid)
        await activator.close()
        assert not _pid_files(tmp_path)

    asyncio.run(scenario())


@pytest.mark.parametrize("stage", ["spawned", "noted"])
def test_a_child_asked_to_stop_removes_its_own_pid_file(tmp_path: Path, stage: str) -> None:
    """As the kernel asks it to, when `tapedeck serve` itself is killed and cannot clean up."""
    pid_file = tmp_path / "f.pid"
    child = subprocess.Popen(
        [sys.executable, "-m", "streams.apps.serve.child", str(os.getpid()), str(pid_file),
         "--bind=127.0.0.1:0", *APP],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if stage == "noted":
            wait_for(pid_file.exists, "its pid file")
        child.terminate()
        child.wait(40)
    finally:
        child.kill()
        child.wait()
    assert list(tmp_path.iterdir()) == []


def test_a_child_whose_parent_is_gone_already_does_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams.apps.serve.child", "1", str(tmp_path / "f.pid"), *APP]
    assert subprocess.run(command, timeout=30).returncode == 0
    assert list(tmp_path.iterdir()) == []


def _pid_files(home: Path) -> list[Path]:
    return [*home.glob("run/*.pid"), *home.glob("run/*.new")]


def _activator(home: Path, args: tuple[str, ...]) -> Activator:
    return Activator(Service("f", args, concurrency=2, timeout=20), home, lambda _: None)
