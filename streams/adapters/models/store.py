"""Models on disk: versions side by side, the current one named in a file, swapped atomically.

```
MODELS/changed                      touched by every publication: one look tells that nothing is new
MODELS/5m/CORVA/CURRENT             the name of a version
MODELS/5m/CORVA/20240307T1600-1f4e0b5c9a7d/card.json xgboost.json forest.onnx ...
MODELS/5m/%2A/...                   the models of all symbols together
```
A version is written into a folder of its own, then renamed; `CURRENT` is replaced last. A reader
sees the old set or the new one, whole. The last versions are kept, older ones removed.
"""

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote, unquote

from streams.adapters.models.card import CARD, Card, check_files, read_card, sealed
from streams.adapters.settings import Settings
from streams.domain.errors import ConfigError, ServiceError

_KEPT = 3
_LONGEST = 150


def models_folder(settings: Settings) -> Path:
    """Where the models are: `TAPEDECK_MODELS`, else `models` in `TAPEDECK_HOME`."""
    return settings.models or settings.home / "models"


@dataclass(frozen=True, slots=True)
class Stored:
    """A set of models as read: the card and the bytes of every file."""

    card: Card
    files: Mapping[str, bytes]
    where: str


class ModelStore:
    """The folder of all models."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, interval: str, scope: str) -> Path:
        """The folder of a symbol's models, or of `*`'s."""
        return self.folder / _name(interval) / _name(scope)

    def check(self) -> None:
        """Before the long work: raises ServiceError when nothing could be stored here."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise ServiceError(
                f"models: expected a folder that can be written, was {self.folder}: "
                f"{error.strerror}"
            ) from error

    def publish(self, card: Card, files: Mapping[str, bytes]) -> Path:
        """Store a set and make it the current one; returns its folder.

        The same version again changes nothing but the card. Raises OSError when the disk refuses.
        """
        place = self.place(card.interval, card.scope)
        place.mkdir(parents=True, exist_ok=True)
        fresh = place / f".{uuid.uuid4().hex}"
        fresh.mkdir()
        try:
            for name, content in {**files, CARD: sealed(card)}.items():
                _write(fresh / name, content)
            _put(fresh, place / _name(card.version))
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        _replace(place / "CURRENT", card.version.encode())
        _replace(self.folder / "changed", card.version.encode())
        _forget(place, _name(card.version))
        return place / _name(card.version)

    def current(self, interval: str, scope: str) -> str | None:
        """The name of the current version, None where there is none."""
        try:
            return (self.place(interval, scope) / "CURRENT").read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"models: cannot read {self.place(interval, scope)}") from error

    def places(self) -> list[tuple[str, str]]:
        """(interval, scope) of everything that is stored; what is no models' folder is left out."""
        return [
            (unquote(path.parent.parent.name), unquote(path.parent.name))
            for path in sorted(self.folder.glob("*/*/CURRENT"))
        ]

    def changed(self) -> tuple[int, int]:
        """Differs from before when something was published; (0, 0) before anything is."""
        try:
            found = os.stat(self.folder / "changed")
        except (FileNotFoundError, NotADirectoryError):
            return 0, 0
        return found.st_mtime_ns, found.st_ino

    def read(self, interval: str, scope: str, version: str) -> Stored:
        """A version, its card and files checked against each other.

        Raises ConfigError that says what does not fit.
        """
        place = self.place(interval, scope) / _name(version)
        where = f"models of {scope} {interval}, version {version}"
        try:
            card = read_card((place / CARD).read_bytes(), where)
            names = [name for name in card.files if (place / _plain(name, where)).exists()]
            files = {name: (place / name).read_bytes() for name in names}
        except OSError as error:
            raise ConfigError(f"{where}: cannot be read: {error.strerror}: {place}") from error
        if (card.interval, card.scope, card.version) != (interval, scope, version):
            raise ConfigError(
                f"{where}: expected its own card, was that of {card.scope} {card.interval}, "
                f"version {card.version}"
            )
        check_files(card, files, where)
        return Stored(card, files, where)


def _name(text: str) -> str:
    """A file name for any text: no separator, no dots alone, never too long."""
    quoted = quote(text, safe="").replace(".", "%2E").replace("~", "%7E")
    if len(quoted) <= _LONGEST:
        return quoted or "%"
    return f"{quoted[:_LONGEST]}-{blake2b(text.encode(), digest_size=8).hexdigest()}"


def _plain(name: str, where: str) -> str:
    if Path(name).name != name:
        raise ConfigError(f"{where}: expected plain file names in the card, was {name!r}")
    return name


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _put(fresh: Path, final: Path) -> None:
    """Rename the folder; where the version is there already, only its card is newer."""
    try:
        fresh.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        for path in fresh.iterdir():
            path.replace(final / path.name)


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    _write(part, content)
    part.replace(path)


def _forget(place: Path, current: str) -> None:
    versions = sorted(
        (path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime_ns,
        reverse=True,
    )
    for path in [each for each in versions if each.name != current][_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
