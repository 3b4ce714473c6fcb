"""The image and compose files, read."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "infra" / "Dockerfile"
COMPOSE = ROOT / "infra" / "compose.yaml"
COMPONENTS = ("functions", "streams", "predict", "panel", "serve")


@dataclass
class Stage:
    """One `FROM ... AS name`, with its (instruction, words) in order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        return [words for name, words in self.steps if name == instruction]


def stages() -> dict[str, Stage]:
    """Every stage of the Dockerfile by name."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.M)
    text = re.sub(r"\\\n\s*", "", text)
    found: dict[str, Stage] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, _, words = line.partition(" ")
        if instruction == "FROM":
            base, _, name = words.partition(" AS ")
            stage = found[name] = Stage(name, base)
        elif found:
            stage.steps.append((instruction, words.strip()))
    return found


def lineage(name: str) -> list[Stage]:
    """A stage after those that it is made from, the oldest first."""
    known, line = stages(), [name]
    while known[line[0]].base in known:
        line.insert(0, known[line[0]].base)
    return [known[each] for each in line]


def environment(name: str) -> dict[str, str]:
    """What a container of the stage sees."""
    words = " ".join(words for stage in lineage(name) for words in stage.of("ENV"))
    return dict(re.findall(r"(\w+)=(\S+)", words))


def compose() -> dict[str, Any]:
    """The services with their anchors resolved; `x-` parts left out."""
    read: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return {name: part for name, part in read.items() if not name.startswith("x-")}
