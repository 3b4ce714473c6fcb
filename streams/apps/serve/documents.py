"""The documents of a kustomization: its resources, nothing else of kustomize.

Patches, images, generators and components are for clusters; which of them were left out is told.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from streams.domain.errors import ConfigError

_FILE = "kustomization.yaml"
_READ = frozenset({"apiVersion", "kind", "metadata", "resources", "namespace", "labels"})


@dataclass(frozen=True, slots=True)
class Document:
    """One object, and where it is written: `folder/file.yaml`."""

    body: Mapping[str, Any]
    where: str

    @property
    def kind(self) -> tuple[str, str]:
        """The API's group and the kind."""
        return str(self.body.get("apiVersion")).partition("/")[0], str(self.body.get("kind"))

    @property
    def name(self) -> str:
        """Raises ConfigError when it has none."""
        metadata = self.body.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        if not isinstance(name, str) or not name:
            raise ConfigError(f"{self.where}: metadata.name: expected a name, was {name!r}")
        return name


def documents(folder: Path, left_out: Callable[[str], None]) -> Iterator[Document]:
    """All of a folder and of those that it refers to.

    `left_out` is told what of a kustomization is not read. Raises ConfigError that names the file.
    """
    start = folder / _FILE
    if not start.is_file():
        raise ConfigError(f"manifests: expected {start}, was not there")
    (root, *_) = _load(start) or [{}]
    if ignored := sorted(root.keys() - _READ):
        left_out(f"{folder.name}/{_FILE}: {', '.join(ignored)}: only resources are read here")
    for resource in root.get("resources") or []:
        path = (folder / str(resource)).resolve()
        if path.is_dir():
            yield from documents(path, left_out)
        else:
            yield from (Document(each, f"{path.parent.name}/{path.name}") for each in _load(path))


def _load(path: Path) -> list[Mapping[str, Any]]:
    try:
        found = [document for document in yaml.safe_load_all(path.read_text()) if document]
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"manifests: {path}: expected YAML, was {error}") from error
    for document in found:
        if not isinstance(document, Mapping):
            raise ConfigError(f"manifests: {path}: expected objects, was {document!r:.80}")
    return found
