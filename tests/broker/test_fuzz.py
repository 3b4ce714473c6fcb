"""Five hundred spoilt requests at each function; ten thousand are `make soak`'s."""

from pathlib import Path

import pytest

from streams.adapters.endpoints import Endpoints
from streams.adapters.topics import Topic, Topics
from tests.fakes import settings
from tests.function_process import environment
from tests.fuzz_accepted import count, unreadable
from tests.fuzz_run import fuzz_functions

REQUESTS = 500


@pytest.mark.timeout(600)
def test_rubbish_is_refused_and_what_is_accepted_can_be_read(
    services: Endpoints, topics: Topics, migrated: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    env = environment(
        services, home, DATABASE_URL=migrated, TAPEDECK_TOPIC_PREFIX=topics.prefix,
        TAPEDECK_NOTIFY_CHANNELS="file", TAPEDECK_NOTIFY_COOLDOWN="0", TAPEDECK_LOG_LEVEL="ERROR",
    )  # fmt: skip
    outcomes = fuzz_functions(env, tmp_path, 1, range(REQUESTS))
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    assert not faults, "\n".join(faults)
    for outcome in outcomes:
        assert sum(outcome.answers.values()) == REQUESTS
        refused = sum(found for status, found in outcome.answers.items() if 400 <= status < 500)
        # Mutants that are all refused, or none, would test nothing.
        assert REQUESTS / 20 < outcome.accepted < REQUESTS, outcome
        assert refused > REQUESTS / 10, outcome
    written = settings(
        KAFKA_BOOTSTRAP_SERVERS=services.kafka, DATABASE_URL=migrated,
        TAPEDECK_TOPIC_PREFIX=topics.prefix, TAPEDECK_HOME=home,
    )  # fmt: skip
    assert count(written, Topic.TICKS) > 0
    assert list(unreadable(written)) == []
