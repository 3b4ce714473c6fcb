"""The local runtime with real instances: from zero, through kills, back to zero."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from streams.adapters.cloud_event import CloudEvent
from streams.apps.serve.activator import Activator
from streams.apps.serve.manifests import Delivery, Destination, Manifests, Service, Trigger
from streams.apps.serve.runtime import Runtime, running
from streams.domain.errors import ServiceError
from tests.fakes import settings

ARGS = ("--workers=1", "--threads=2", "--no-control-socket", "tests.broker.fake_function:app")
FUNCTION = Service("notify", ARGS, concurrency=2, timeout=20, max_scale=2, window=600)
DEADLINE = 30.0


@asynccontextmanager
async def activated(service: Service, home: Path, said: list[str]) -> AsyncIterator[Activator]:
    activator = Activator(service, home, said.append)
    activator.run()
    try:
        yield activator
    finally:
        await activator.close()


def event(number: int) -> CloudEvent:
    required = {"specversion": "1.0", "source": "/s", "type": "t", "id": str(number)}
    return CloudEvent({**required, "partitionkey": "A"}, b"{}")


async def gone(pid: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while lives(pid):
            await asyncio.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def pid_in(home: Path) -> int:
    return int((home / "run" / "notify.pid").read_text())


def test_the_first_request_starts_an_instance_and_the_end_leaves_none(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        async with activated(FUNCTION, tmp_path, said) as activator:
            assert activator.status()["state"] == "scaled to zero"
            answer = await activator.call("GET", "/", {}, b"")
            assert (answer.status, answer.body.split()[2]) == (200, b"notify")
            pid = pid_in(tmp_path)
            assert activator.status()["instances"][0]["pid"] == pid
        await gone(pid)
        assert not (tmp_path / "run" / "notify.pid").exists()
        assert any("started pid=" in line for line in said)

    asyncio.run(scenario())


def test_a_killed_instance_is_replaced_by_the_next_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with activated(FUNCTION, tmp_path, []) as activator:
            await activator.call("GET", "/", {}, b"")
            pid = pid_in(tmp_path)
            os.kill(pid, signal.SIGKILL)
            await gone(pid)
            async with asyncio.timeout(DEADLINE):  # a worker may outlive its master for a second
                while pid in [i["pid"] for i in activator.status()["instances"]]:
                    await asyncio.sleep(0.02)
            assert (await activator.call("GET", "/", {}, b"")).status == 200
            assert pid_in(tmp_path) != pid

    asyncio.run(scenario())


def test_an_idle_instance_is_stopped_after_its_window(tmp_path: Path) -> None:
    async def scenario() -> None:
        idle = Service("notify", ARGS, concurrency=2, timeout=20, max_scale=1, window=6)
        said: list[str] = []
        async with activated(idle, tmp_path, said) as activator:
            await activator.call("GET", "/", {}, b"")
            pid = pid_in(tmp_path)
            await gone(pid)
            assert any("idle, stopping" in line for line in said)
            assert (await activator.call("GET", "/", {}, b"")).status == 200

    asyncio.run(scenario())


def test_min_scale_runs_unasked_and_load_starts_another_up_to_max_scale(tmp_path: Path) -> None:
    async def scenario() -> None:
        bounded = Service("notify", ARGS, concurrency=1, timeout=30, min_scale=1, max_scale=2)
        async with activated(bounded, tmp_path, []) as activator, asyncio.timeout(DEADLINE):
            while not (tmp_path / "run" / "notify.pid").exists():
                await asyncio.sleep(0.02)
            calls = [asyncio.create_task(_slow_until(tmp_path, activator)) for _ in range(4)]
            await asyncio.gather(*calls)
            assert len(activator.status()["instances"]) == 2
        assert not list((tmp_path / "run").glob("*.pid"))

    asyncio.run(scenario())


async def _slow_until(home: Path, activator: Activator) -> None:
    """Requests one after the other, until a second instance runs."""
    while not (home / "run" / "notify-2.pid").exists():
        assert (await activator.call("POST", "/slow?0.2", {}, b"")).status == 202


def test_container_concurrency_queues_and_time_out_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = Service("notify", ARGS, concurrency=1, timeout=20, max_scale=1, window=600)
        async with activated(slow, tmp_path, []) as activator:
            await activator.call("GET", "/", {}, b"")
            begun = time.monotonic()
            calls = [activator.call("POST", "/slow?0.3", {}, b"") for _ in range(3)]
            answers = await asyncio.gather(*calls)
            assert [answer.status for answer in answers] == [202] * 3
            assert time.monotonic() - begun >= 0.9
            full = [activator.call("POST", "/slow?0.3", {}, b"") for _ in range(13)]
            statuses = [answer.status for answer in await asyncio.gather(*full)]
            assert (statuses.count(202), statuses.count(503)) == (11, 2)

    asyncio.run(scenario())


def test_a_request_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    async def scenario() -> None:
        short = Service("notify", ARGS, concurrency=1, timeout=5, max_scale=1, window=600)
        async with activated(short, tmp_path, []) as activator:
            await activator.call("GET", "/", {}, b"")
            assert (await activator.call("POST", "/slow?6", {}, b"")).status == -1

    asyncio.run(scenario())


def test_an_instance_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    async def scenario() -> None:
        args = (*ARGS[:-1], "tests.broker.fake_function:broken()")
        said: list[str] = []
        async with activated(Service("notify", args, timeout=20), tmp_path, said) as activator:
            answer = await activator.call("GET", "/", {}, b"")
            assert answer.status == 503
            assert b"no teapot" in answer.body
        assert "no teapot" in said[0]
        assert "next try in 1 s" in said[0]

    asyncio.run(scenario())


@asynccontextmanager
async def serving(home: Path, said: list[str]) -> AsyncIterator[Runtime]:
    delivery = Delivery(retry=20, policy="linear", delay=0.05, timeout=20)
    everything = Trigger("t", lambda event: True, Destination("notify"), delivery, ordered=True)
    chosen = settings(
        TAPEDECK_HOME=home, TAPEDECK_BROKER_PORT=0, TAPEDECK_FUNCTION_PORTS="notify=0"
    )
    async with running(chosen, Manifests({"notify": FUNCTION}, (everything,)), said.append) as it:
        yield it


def test_events_survive_kills_of_the_function(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, []) as runtime:
            for number in range(60):
                await runtime.broker.accept(event(number))
                if number in (20, 40):
                    async with asyncio.timeout(DEADLINE):
                        while not (tmp_path / "run" / "notify.pid").exists():
                            await asyncio.sleep(0.02)
                    pid = pid_in(tmp_path)
                    os.kill(pid, signal.SIGKILL)
                    await gone(pid)
            async with asyncio.timeout(DEADLINE):
                while runtime.broker.pending:
                    await asyncio.sleep(0.02)
            (trigger,) = runtime.broker.status()["triggers"]
            assert (trigger["delivered"], trigger["dead"]) == (60, 0)

    asyncio.run(scenario())


def test_two_runtimes_never_share_a_home(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, []):
            with pytest.raises(ServiceError, match="expected to be alone"):
                async with serving(tmp_path, []):
                    pass

    asyncio.run(scenario())
