"""Kafka's jars: fetched once from Maven Central, then kept per user for every clone and test."""

import os
import shutil
import tempfile
from pathlib import Path

from streams.adapters.services.service import Say
from streams.domain.errors import ServiceError

KAFKA_VERSION = "4.1.0"
_ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
_NAME = f"kafka-{KAFKA_VERSION}"


def user_cache() -> Path:
    """`$XDG_CACHE_HOME/tapedeck`, by default `~/.cache/tapedeck`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tapedeck"


def find_jars(home: Path) -> Path | None:
    """The folder with all jars: in `$TAPEDECK_HOME/jars` or in the user's cache."""
    for folder in (home / "jars" / _NAME, user_cache() / _NAME):
        if folder.is_dir():
            return folder
    return None


def class_path(folder: Path) -> str:
    """Every jar, in a fixed order."""
    return os.pathsep.join(map(str, sorted(folder.glob("*.jar"))))


def ensure_jars(home: Path, say: Say) -> Path:
    """The folder with all jars, fetched when this user has none yet.

    Raises ServiceError that says what to do when they cannot be fetched.
    """
    found = find_jars(home)
    if found is not None:
        return found
    say("fetching Kafka's jars (43 MB, once)")
    return _fetch(_writable(user_cache(), home / "jars"))


def _writable(first: Path, second: Path) -> Path:
    """The first folder when it can be made and written to, else the second."""
    try:
        first.mkdir(parents=True, exist_ok=True)
    except OSError:
        return second
    return first if os.access(first, os.W_OK) else second


def _fetch(parent: Path) -> Path:
    import jgo

    target = parent / _NAME
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".fetch-") as scratch:
            built = jgo.build(_ENDPOINT, cache_dir=Path(scratch) / "jgo")
            whole = Path(scratch) / _NAME
            whole.mkdir()
            for jar in Path(built.path).glob("*/*.jar"):
                shutil.copyfile(jar, whole / jar.name)
            _put(whole, target)
    except Exception as error:  # jgo raises whatever requests, its parser and the disk raise
        raise ServiceError(
            f"Kafka's jars: expected to fetch {_ENDPOINT} into {target}, was "
            f"{type(error).__name__}: {error}. Connect this machine once and run `tapedeck "
            f"services up`, copy {_NAME}/ from another machine's ~/.cache/tapedeck, or set "
            "KAFKA_BOOTSTRAP_SERVERS"
        ) from error
    return target


def _put(whole: Path, target: Path) -> None:
    """Move the complete folder into place; another process may have been faster."""
    try:
        whole.rename(target)
    except OSError:
        if not target.is_dir():
            raise
