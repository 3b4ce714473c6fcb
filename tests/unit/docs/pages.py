"""The project's pages as text, and the tables in them."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "infra" / "docs" / "architecture.md").read_text()
CATALOGUE = (ROOT / "infra" / "docs" / "event-catalogue.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "infra" / "docs").glob("*.md"))]


def section(page: str, heading: str) -> str:
    """The text below `## heading`, its subsections included."""
    match = re.search(rf"^(#+) {re.escape(heading)}.*?\n(.*?)(?=^\1 |^## |\Z)", page, re.M | re.S)
    assert match is not None, f"no section {heading}"
    return match[2]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables' rows, without headings."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    rules = [at for at, line in enumerate(lines) if re.fullmatch(r"\|(?: *:?-+:? *\|)+", line)]
    headings = {at - 1 for at in rules} | set(rules)
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for at, line in enumerate(lines)
        if at not in headings
    ]


def code(cell: str) -> list[str]:
    """What is written between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def tracked_texts() -> dict[str, str]:
    """{path: text} of the files that git tracks or would; binary ones are left out."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    texts = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (held := path.read_bytes()) and held[:2] != b"\x1f\x8b":
            texts[name] = held.decode("utf-8", "replace")
    return texts
