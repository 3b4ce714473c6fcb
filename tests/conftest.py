"""What holds for every test: rings by folder, no setting of the developer's leaks in, real data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.adapters.settings import Settings

_TESTS = Path(__file__).parent
_RINGS = {"broker": "broker", "e2e": "e2e", "browser": "browser"}
# Cheap ones first; the browser's last, its driver keeps an event loop running in this thread.
_ORDER = ("unit", "broker", "e2e", "browser")

pytest_plugins = ["tests.reaper", "tests.embedded"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_ring_number)
    for item in items:
        if item.path.is_relative_to(_TESTS):
            ring = _RINGS.get(item.path.relative_to(_TESTS).parts[0])
            if ring is not None:
                item.add_marker(ring)


def _ring_number(item: pytest.Item) -> int:
    """Rings in their order; within a ring the order stays."""
    ring = item.path.relative_to(_TESTS).parts[0] if item.path.is_relative_to(_TESTS) else ""
    return _ORDER.index(ring) if ring in _ORDER else len(_ORDER)


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_developer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for field in Settings.model_fields.values():
            patch.delenv(str(field.validation_alias), raising=False)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real tapes, which is no part of the project."""
    path = _TESTS.parents[1] / "shared" / "data"
    if not path.exists():
        pytest.skip("the real data is not here")
    return path
