"""What `tapedeck doctor` finds out by asking the services that run."""

from collections.abc import Iterator

from streams.adapters.endpoints import database_address, kafka_address
from streams.adapters.kafka_overview import topic_names
from streams.adapters.services.checks import Check, Level
from streams.adapters.services.fleet import OPTIONAL, SERVICES
from streams.adapters.services.state import ServiceStatus, State, status
from streams.adapters.settings import Settings
from streams.adapters.topics import Topic, Topics
from streams.domain.errors import ServiceError


def service_checks(settings: Settings) -> Iterator[Check]:
    """Whether each answers; of those that do, whether topics and tables are there."""
    found = {each.name: each for each in status(settings)}
    for each in found.values():
        yield _service(each)
    if found["kafka"].answers:
        yield _topics(settings)
    if found["postgres"].answers:
        yield _tables(settings)


def _service(found: ServiceStatus) -> Check:
    variable = next(each.variable for each in SERVICES if each.name == found.name)
    where = f"{found.state} {found.address or ''}".strip()
    if found.answers:
        return Check(found.name, Level.OK, where)
    bad = Level.WARN if found.name in OPTIONAL else Level.FAIL
    if found.state is State.EXTERNAL:
        return Check(found.name, bad, f"{where} {found.detail}", f"start it or change {variable}")
    if found.state is State.RUNNING:
        advice = f"see logs/{found.name}.log; `tapedeck services down`, then `up`"
        return Check(found.name, bad, f"{where} {found.detail}", advice)
    if found.state is State.UNAVAILABLE:
        return Check(found.name, bad, found.detail, f"or set {variable}")
    return Check(found.name, Level.OK, "not started", found.detail)


def _topics(settings: Settings) -> Check:
    names = Topics(settings.topic_prefix)
    try:
        there = topic_names(kafka_address(settings))
    except ServiceError as error:
        return Check("topics", Level.FAIL, str(error))
    missing = [name for topic in Topic if (name := names.name(topic)) not in there]
    if not missing:
        return Check("topics", Level.OK, f"{len(Topic)} there")
    detail = f"missing: {', '.join(missing)}"
    return Check("topics", Level.WARN, detail, "`tapedeck topics create`")


def _tables(settings: Settings) -> Check:
    from streams.adapters.database import current_revision, head_revision

    try:
        now, head = current_revision(database_address(settings)), head_revision()
    except ServiceError as error:
        return Check("tables", Level.FAIL, str(error))
    if now == head:
        return Check("tables", Level.OK, f"revision {now}")
    detail = f"expected revision {head}, was {now or 'none'}"
    return Check("tables", Level.WARN, detail, "`tapedeck db upgrade`")
