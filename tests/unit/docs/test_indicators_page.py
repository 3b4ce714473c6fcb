"""The page of the indicators has every kind, as it is."""

import re
from dataclasses import MISSING, replace
from typing import Any

import pytest

from streams.domain.indicators.catalogue import LONGEST, STANDARD
from streams.domain.indicators.kinds import KINDS, Kind
from tests.oracles.series import streamed
from tests.oracles.tapes import made_series
from tests.unit.docs.pages import ROOT, code, rows, section

PAGE = (ROOT / "infra" / "docs" / "indicators.md").read_text()
TABLE = {code(row[0])[0]: row for row in rows(section(PAGE, "All of them"))}
CALM = dict(made_series())["calm"]
TRADED = replace(CALM, volume=CALM.volume + 1)


def _row(kind: Kind) -> list[str]:
    return TABLE[kind.example.name]


def test_the_table_has_every_kind_in_its_order() -> None:
    assert list(TABLE) == [kind.example.name for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_parameters_and_values_are_those_of_the_code(kind: Kind) -> None:
    def written(key: str, usual: Any) -> str:
        return key if usual is MISSING else f"{key}={usual}"

    assert code(_row(kind)[1]) == [written(*each) for each in kind.usual.items()]
    assert code(_row(kind)[2]) == list(kind.example.names)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_values_come_from_the_bar_that_the_table_says(kind: Kind) -> None:
    found = streamed(kind.example, TRADED)
    first = [int((values == values).argmax()) + 1 for values in found.values()]
    assert [int(number) for number in _row(kind)[3].split(",")] == first


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_source_is_in_the_docstring(kind: Kind) -> None:
    source = _row(kind)[5]
    words = set() if source == "definition" else set(re.findall(r"[\w-]+", source))
    assert words <= set(re.findall(r"[\w-]+", str(kind.build.__doc__)))
    assert words or source == "definition"
    assert all(_row(kind)[4:])


def test_the_standard_set_is_told() -> None:
    assert code(section(PAGE, "Which are computed").split("\n\n")[1]) == list(STANDARD)
    assert f"Periods are 1 to {LONGEST}" in PAGE
