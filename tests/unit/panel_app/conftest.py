"""What several modules of this folder are given."""

from collections.abc import Iterator

import pytest

from tests.unit.panel_app.public_feed import QUICK, PublicFeed, public_feed
from tests.unit.panel_app.session_desk import Desk


@pytest.fixture(scope="module")
def shared() -> Iterator[PublicFeed]:
    """One server for the tests that leave no trace; each has symbols of its own."""
    with public_feed(QUICK) as feed:
        yield feed
        assert feed.said() == []


@pytest.fixture
def desk() -> Desk:
    return Desk()
