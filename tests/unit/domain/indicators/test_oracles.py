"""Every indicator on every prefix against TA-Lib, polars and numpy; on real tapes where they are.

Where TA-Lib starts or fills in differently `tests.oracles` says so, and `infra/docs/indicators.md`.
"""

from pathlib import Path

import pytest

from streams.domain.indicators.kinds import KINDS
from tests.oracles.agreement import Oracle, agreement
from tests.oracles.catalogue import ORACLES
from tests.oracles.series import Columns
from tests.oracles.tapes import TAPES, made_series, tape_columns

WITHIN = 1e-9
MADE = dict(made_series())


def differences(columns: Columns) -> list[tuple[str, str, object]]:
    """What does not agree, as (indicator, reference, agreement)."""
    found = [(each.name, each.reference, agreement(each, columns)) for each in ORACLES]
    return [each for each in found if each[2].difference >= WITHIN or each[2].misfit]


@pytest.mark.parametrize("name", MADE)
def test_indicators_agree_with_their_references(name: str) -> None:
    assert differences(MADE[name]) == []


@pytest.mark.parametrize("name", TAPES)
def test_indicators_agree_with_their_references_on_real_tapes(shared_data: Path, name: str) -> None:
    assert differences(tape_columns(shared_data, name)) == []


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda each: f"{each.name}, {each.reference}")
def test_a_reference_has_something_to_say(oracle: Oracle) -> None:
    assert agreement(oracle, MADE["calm"]).rows >= 300


def test_every_kind_and_every_value_has_a_reference() -> None:
    compared = {
        (each.indicator.name, value) for each in ORACLES for value in each.compute(MADE["calm"])
    }
    there = {(kind.example.name, value) for kind in KINDS for value in kind.example.names}
    assert there - compared == set()
