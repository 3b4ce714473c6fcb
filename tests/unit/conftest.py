"""How many examples property tests try here: few in every run, many when asked for.

`pytest tests/unit --hypothesis-profile=thorough` takes minutes.
"""

import pytest
from hypothesis import HealthCheck, settings

_EXAMPLES = {"brief": 50, "thorough": 5_000}


def pytest_configure(config: pytest.Config) -> None:
    for name, examples in _EXAMPLES.items():
        # A busy machine is no failure.
        settings.register_profile(
            name,
            max_examples=examples,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("brief")
