"""Migrations: bring the tables to what this version of the code expects."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from streams.adapters.database.engine import connect_engine, first_line, wait_for_server
from streams.domain.errors import ServiceError

if TYPE_CHECKING:
    from alembic.config import Config

# Any number will do, as long as every version takes the same one.
_LOCK = 7_461_706_564


def upgrade(url: str, seconds: float = 60) -> str:
    """Bring the database to the newest revision and return it; several at once wait in line.

    A starting server is waited for. Raises ServiceError when it does not answer in `seconds` or
    refuses a migration; nothing is half done then.
    """
    from alembic import command

    engine = connect_engine(url)
    try:
        wait_for_server(engine, seconds)
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(_config(connection), "head")
            return _revision(connection) or ""
    except DBAPIError as error:
        raise ServiceError(
            f"db upgrade: expected revision {head_revision()}, refused: {first_line(error)}"
        ) from error
    finally:
        engine.dispose()


def current_revision(url: str, seconds: float = 5) -> str | None:
    """The revision of the database, None where there are no tables yet.

    Raises ServiceError when the server does not answer in `seconds`.
    """
    engine = connect_engine(url)
    try:
        wait_for_server(engine, seconds)
        return _current(engine)
    finally:
        engine.dispose()


def head_revision() -> str:
    """The newest revision that this version of the code knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def require(engine: Engine, seconds: float = 60) -> None:
    """Return when the server answers and its tables are up to date.

    Raises ServiceError that names `tapedeck db upgrade`. A revision newer than this code's is
    accepted: while a cluster is upgraded, old processes still run.
    """
    from alembic.script import ScriptDirectory

    wait_for_server(engine, seconds)
    now, head = _current(engine), head_revision()
    known = {
        script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()
    }
    if now != head and (now is None or now in known):
        raise ServiceError(
            f"PostgreSQL: expected tables of revision {head}, was {now or 'none'}: "
            "run `tapedeck db upgrade`"
        )


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    try:
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError as error:
        raise ServiceError(f"PostgreSQL: revision not readable: {first_line(error)}") from error
    return found


def _config(connection: Connection | None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config
