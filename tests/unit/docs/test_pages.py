"""Links lead somewhere, examples are valid, and no file knows the machine it was written on."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.docs.pages import PAGES, README, ROOT, section, tracked_texts

_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
_ANCHOR = re.compile(r"\]\(#([^)]+)\)")
# Folders of one machine, and hosts of package indexes and mirrors, put together so that this
# file is not found by its own search.
_PRIVATE = re.compile(
    r"(?<![\w./$}-])/(?:" + "|".join(["work", "root", "home/[a-z]+", "Users"]) + r")/"
)
_REGISTRY = re.compile(
    "|".join([r"pypi\.org", r"python" r"hosted", r"artifact" r"ory", r"nexus\."])
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_files(page: Path) -> None:
    links = [link for link, _ in _LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_anchors_lead_to_headings() -> None:
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", README, re.M)}
    assert set(_ANCHOR.findall(README)) <= headings


def test_the_readme_shows_a_picture_that_is_small() -> None:
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert picture is not None
    assert (ROOT / picture[1]).stat().st_size < 300_000


def test_no_file_names_a_folder_of_this_machine_or_a_package_index() -> None:
    found = [
        (name, match[0])
        for name, text in tracked_texts().items()
        for pattern in (_PRIVATE, _REGISTRY)
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[Unreleased\]$", changes, re.M)
    assert re.search(rf"^## \[{re.escape(version)}\]", changes, re.M)


def test_measured_figures_name_their_commands() -> None:
    for line in section(README, "Measured").splitlines():
        if line.startswith("|") and "---" not in line and "command" not in line:
            assert re.search(r"`(make|tapedeck) [^`]+` *\|$", line), line
