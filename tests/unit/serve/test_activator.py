"""What a caller gets when an instance goes away."""

import asyncio
from pathlib import Path

from streams.apps.serve.activator import Activator
from streams.apps.serve.instance import Instance, State
from streams.apps.serve.manifests import Service
from streams.apps.serve.replies import NO_ANSWER, Answer

FUNCTION = Service("f", ("app",), concurrency=10, max_scale=1, timeout=5.0)


def test_an_instance_that_ended_after_it_was_chosen_gives_no_answer(tmp_path: Path) -> None:
    async def scenario() -> Answer:
        activator, ended = Activator(FUNCTION, tmp_path), Instance(FUNCTION, tmp_path, 1)
        ended.state = State.READY
        await ended.session.close()  # as its end does
        activator.pool._instances.append(ended)
        return await activator.call("POST", "/", {}, b"{}")

    assert asyncio.run(scenario()) == Answer(NO_ANSWER)
