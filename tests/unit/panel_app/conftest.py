"""What several modules of this folder are given."""

from collections.abc import Iterator

import pytest

from tests.unit.panel_app.public_feed import QUICK, PublicFeed, public_feed


@pytest.fixture(scope="module")
def shared() -> Iterator[PublicFeed]:
    """One server for the tests that leave no trace; each has symbols of its own."""
    with public_feed(QUICK) as feed:
        yield feed
        assert feed.said() == []
