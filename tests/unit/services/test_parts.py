"""Finding Java and the jars, the password, and what may be shown of an address."""

import os
from pathlib import Path

import pytest

from streams.adapters.services.emptying import require_idle, reset
from streams.adapters.services.fleet import chosen
from streams.adapters.services.jars import class_path, ensure_jars, find_jars
from streams.adapters.services.java import find_java, java_version
from streams.adapters.services.masking import masked
from streams.adapters.services.secret import secret
from streams.domain.errors import ConfigError, ServiceError
from tests.fakes import settings


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("127.0.0.1:9092", "127.0.0.1:9092"),
        ("postgresql://u:secret@host:5432/db", "postgresql://u:***@host:5432/db"),
        ("redis://:secret@host/0", "redis://:***@host/0"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("postgresql://u:p@s/s@host/db", "postgresql://u:***@host/db"),
        ("postgresql://host/db?password=p&a=b", "postgresql://host/db?password=***&a=b"),
    ],
)
def test_passwords_are_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ('JAVA_VERSION="21.0.2"\n', 21),
        ('IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_392"\n', 8),
        ("nothing", None),
    ],
)
def test_the_version_of_a_java_is_read(tmp_path: Path, release: str, version: int | None) -> None:
    (tmp_path / "release").write_text(release)
    assert java_version(tmp_path) == version


def test_an_old_java_home_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "release").write_text('JAVA_VERSION="11.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = find_java()
    assert found is None or not found.is_relative_to(tmp_path)


def test_a_new_java_home_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch(mode=0o755)
    (tmp_path / "release").write_text('JAVA_VERSION="21.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == java


def test_jars_of_the_home_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert find_jars(tmp_path) is None
    cached = tmp_path / "cache" / "tapedeck" / "kafka-4.1.0"
    cached.mkdir(parents=True)
    assert find_jars(tmp_path) == cached
    own = tmp_path / "jars" / "kafka-4.1.0"
    own.mkdir(parents=True)
    assert ensure_jars(tmp_path, pytest.fail) == own


def test_the_class_path_is_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.jar", "a.jar", "c.txt"):
        (tmp_path / name).touch()
    assert class_path(tmp_path) == f"{tmp_path / 'a.jar'}{os.pathsep}{tmp_path / 'b.jar'}"


def test_the_password_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    word = secret(tmp_path)
    assert secret(tmp_path) == word
    assert len(word) == 24
    assert (tmp_path / "data" / "password").stat().st_mode & 0o077 == 0


def test_an_unknown_service_is_wrong_use() -> None:
    with pytest.raises(ConfigError, match="kafka, postgres, redis, was 'mysql'"):
        chosen({"mysql"})


def test_reset_removes_data_and_keeps_the_state_of_an_external_kafka(tmp_path: Path) -> None:
    for name in ("data", "state", "broker", "logs"):
        (tmp_path / name).mkdir()
    external = settings(TAPEDECK_HOME=tmp_path, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert {path.name for path in reset(external)} == {"data", "broker"}
    assert {path.name for path in reset(settings(TAPEDECK_HOME=tmp_path))} == {"state"}
    assert (tmp_path / "logs").exists()


def test_reset_is_refused_while_a_process_runs(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "bars.pid").write_text(f"{os.getpid()}\n")
    with pytest.raises(ServiceError, match=f"bars .pid {os.getpid()}"):
        require_idle(settings(TAPEDECK_HOME=tmp_path))
