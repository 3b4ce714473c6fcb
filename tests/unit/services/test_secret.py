"""The password that servers starting side by side share."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streams.adapters.services.secret import secret


def test_all_that_ask_at_once_get_the_same_whole_word(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            home = tmp_path / str(number)
            words = set(pool.map(lambda _, home=home: secret(home), range(8)))
            assert len(words) == 1
            assert len(words.pop()) == 24


def test_only_the_owner_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    secret(tmp_path)
    (path,) = (tmp_path / "data").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
