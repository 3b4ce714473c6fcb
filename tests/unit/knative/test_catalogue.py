"""The event catalogue: what is made from it is current, and it describes what is sent."""

import json
import re
from collections.abc import Callable

import pytest
import yaml
from jsonschema import Draft202012Validator

from streams.adapters.cloud_event import check_attributes, read_event
from streams.adapters.event_catalogue import BREAKOUT, CATALOGUE, SETTLED_TAPE, event_schemas
from streams.adapters.event_kind import EventKind
from streams.adapters.event_pages import COMMAND, catalogue_page, event_types
from streams.adapters.messages import decode_signal
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_events import signal_event
from tests.unit.knative.building import KNATIVE, documents

ROOT = KNATIVE.parent
KINDS = pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("infra/docs/event-catalogue.md", catalogue_page),
        ("knative/base/eventtypes.yaml", event_types),
        *[
            (f"infra/schemas/{kind.name}.json", lambda name=kind.name: event_schemas()[name])
            for kind in CATALOGUE
        ],
    ],
)
def test_what_is_made_from_it_is_current(path: str, text: Callable[[], str]) -> None:
    assert (ROOT / path).read_text() == text(), f"run `{COMMAND}`"


def test_there_is_no_schema_of_an_event_that_is_not_in_it() -> None:
    written = {p.stem for p in (ROOT / "infra" / "schemas").glob("*.*.json")}
    assert written == {kind.name for kind in CATALOGUE}


@KINDS
class TestKind:
    def test_its_example_is_an_event_with_its_attributes(self, kind: EventKind) -> None:
        check_attributes(kind.example.attributes)
        described = {a.name: a for a in (*kind.attributes, *kind.extensions)}
        held = kind.example.attributes.keys() - {"specversion"}
        assert held <= described.keys()
        assert {name for name, a in described.items() if not a.optional} <= held
        for name, attribute in described.items():
            if "{" not in attribute.template:
                assert kind.example.attributes[name] == attribute.template

    def test_its_example_satisfies_its_schema(self, kind: EventKind) -> None:
        Draft202012Validator.check_schema(kind.schema)
        Draft202012Validator(kind.schema).validate(json.loads(kind.example.data))
        assert not Draft202012Validator(kind.schema).is_valid({})

    def test_each_field_of_its_data_has_a_meaning_and_no_other(self, kind: EventKind) -> None:
        assert list(kind.fields) == list(kind.data_fields)

    def test_the_page_shows_its_example_as_it_is_posted(self, kind: EventKind) -> None:
        section = catalogue_page().split(f"\n## {kind.name}\n")[1].split("\n## ")[0]
        head, body = section.split("```http\n")[1].split("\n```")[0].split("\n\n", 1)
        lines = [line.split(": ", 1) for line in head.splitlines()[1:]]
        event = read_event([(name, value) for name, value in lines], body.encode())
        assert event == kind.example

    def test_its_event_type_names_every_attribute(self, kind: EventKind) -> None:
        held = documents(KNATIVE / "base" / "eventtypes.yaml")
        name = kind.name.replace("_", "-")  # Kubernetes allows no underscore
        (spec,) = [d["spec"] for d in held if d["metadata"]["name"] == name]
        names = [attribute["name"] for attribute in spec["attributes"]]
        wanted = ["specversion", *(a.name for a in (*kind.attributes, *kind.extensions))]
        assert names == wanted
        values = {attribute["name"]: attribute["value"] for attribute in spec["attributes"]}
        assert values["type"] == kind.name


def test_a_signal_is_sent_as_it_is_described() -> None:
    sent, value = signal_event(decode_signal(BREAKOUT.example.data))
    ours = {name[3:]: text.decode() for name, text in sent if name.startswith("ce_")}
    ours["datacontenttype"] = BREAKOUT.example.attributes["datacontenttype"]
    described = {a.name for a in (*BREAKOUT.attributes, *BREAKOUT.extensions) if not a.optional}
    assert ours.keys() - {"specversion"} == described
    assert {n: v for n, v in BREAKOUT.example.attributes.items() if n in ours} == ours
    assert value == BREAKOUT.example.data


def test_a_settled_tape_is_sent_as_it_is_described() -> None:
    event = settled_event("r", 1.5, {"ticks": 3})
    described = {attribute.name for attribute in SETTLED_TAPE.attributes}
    assert event.attributes.keys() - {"specversion"} == described
    Draft202012Validator(SETTLED_TAPE.schema).validate(json.loads(event.data))


def test_the_ping_is_the_source_s_of_the_manifests() -> None:
    (source,) = documents(KNATIVE / "base" / "sources" / "ping.yaml")
    (ping,) = [kind for kind in CATALOGUE if kind.name == "dev.knative.sources.ping"]
    assert json.loads(source["spec"]["data"]) == json.loads(ping.example.data)
    assert ping.example.source.endswith(f"/pingsources/{source['metadata']['name']}")


def test_the_data_of_an_event_that_is_off_is_refused_by_its_schema() -> None:
    validator = Draft202012Validator(BREAKOUT.schema)
    good = json.loads(BREAKOUT.example.data)
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "side": "hold"})
    assert not validator.is_valid({**good, "price": "1"})


def test_the_command_that_makes_them_names_files_that_are_there() -> None:
    for path in re.findall(r"(?:infra|knative)/\S+", COMMAND):
        assert (ROOT / path).exists()
    assert yaml.safe_load_all(event_types())
