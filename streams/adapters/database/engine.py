"""Connections to PostgreSQL."""

import re
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from streams.domain.errors import ConfigError, ServiceError

# What waiting does not cure, as libpq words it; connection errors carry no SQLSTATE.
_FINAL = re.compile(r"authentication failed|does not exist|no pg_hba.conf entry")


def connect_engine(url: str, **options: Any) -> Engine:
    """An engine for a `postgresql://` URL; it connects when first used, and again after an outage.

    Raises ConfigError when the URL is none of PostgreSQL.
    """
    return create_engine(
        _parsed(url),
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "tapedeck"},
        **options,
    )


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:  # its text may hold the password: not repeated
        raise ConfigError("DATABASE_URL: expected postgresql://..., was no URL") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise ConfigError(f"DATABASE_URL: expected postgresql://..., was {parsed.drivername}://...")
    return parsed.set(drivername="postgresql+psycopg2")


def wait_for_server(engine: Engine, seconds: float = 60) -> None:
    """Return when the server answers; a starting one is waited for.

    Raises ServiceError when it does not answer in time, or refuses for good.
    """
    attempts = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        reraise=True,
    )
    try:
        attempts(_answer, engine)
    except OperationalError as error:
        raise ServiceError(
            f"PostgreSQL at {engine.url.render_as_string(hide_password=True)}: "
            f"expected an answer within {seconds:g} s, was: {first_line(error)}"
        ) from error


def _answer(engine: Engine) -> None:
    with engine.connect():
        pass


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, OperationalError) and not _FINAL.search(str(error.orig))


def first_line(error: BaseException) -> str:
    """The driver's own words, without SQL and values."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
