import pytest

from streams.adapters.database import connect_engine, wait_for_server
from streams.domain.errors import ConfigError, ServiceError


@pytest.mark.parametrize("url", ["nonsense:hidden", "mysql://u:hidden@h/db"])
def test_a_url_that_is_not_postgresql_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL: expected postgresql://") as caught:
        connect_engine(url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_name_of_the_scheme_is_taken(scheme: str) -> None:
    engine = connect_engine(f"{scheme}://u:p@127.0.0.1:1/db?connect_timeout=1")
    assert engine.url.drivername == "postgresql+psycopg2"


def test_a_server_that_never_answers_is_an_error_without_its_password() -> None:
    with pytest.raises(ServiceError, match="expected an answer within") as caught:
        wait_for_server(connect_engine("postgresql://u:hidden@127.0.0.1:1/db"), 0.1)
    assert "hidden" not in str(caught.value)
