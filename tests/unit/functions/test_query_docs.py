"""The description of the REST API: a valid OpenAPI 3.1, whole, and shown without other hosts."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from functions.query import listing
from functions.query.app import create_app
from functions.query.docs import POLICY
from functions.query.symbols import SYMBOL_COLUMNS
from tests.fakes import settings

_UNDESCRIBED = {"/healthz", "/readyz", "/metrics", "/docs", "/docs/{name}", "/openapi.json"}
_LISTED = {
    "Ticks": listing.TICKS, "Bars": listing.BARS, "Indicators": listing.INDICATORS,
    "Signals": listing.SIGNALS, "Contexts": listing.CONTEXT, "Summaries": listing.SUMMARIES,
    "Scorecards": listing.SCORECARDS,
}  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    home: Path = tmp_path_factory.mktemp("query")
    url = "postgresql://nobody@127.0.0.1:1/none"
    return create_app(settings(DATABASE_URL=url, TAPEDECK_HOME=home))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def spec(client: FlaskClient) -> Any:
    answer = client.get("/openapi.json")
    assert answer.mimetype == "application/json"
    return answer.json


def _operations(spec: Any) -> Iterator[tuple[str, Any]]:
    for path, operations in spec["paths"].items():
        assert set(operations) == {"get"}
        yield path, operations["get"]


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if type(node) is list else ():
        yield from _walk(child)


def _validator(spec: Any, schema: Any) -> Draft202012Validator:
    whole = Resource.from_contents(spec, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:spec", whole)
    text = {"$ref": f"urn:spec{schema['$ref']}"} if "$ref" in schema else schema
    return Draft202012Validator(text, registry=registry)


def test_it_is_openapi_3_1_with_a_title_and_a_version(spec: Any) -> None:
    assert re.fullmatch(r"3\.1\.\d", spec["openapi"])
    assert spec["info"]["title"] == "Tapedeck"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", spec["info"]["version"])
    assert spec["servers"] == [{"url": "/"}]
    assert set(spec) <= {"openapi", "info", "servers", "paths", "components", "tags"}


def test_every_route_is_in_it_and_nothing_else(app: Flask, spec: Any) -> None:
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert set(spec["paths"]) == routes - _UNDESCRIBED
    assert len(spec["paths"]) == 12


def test_every_operation_is_told_whole(spec: Any) -> None:
    ids = [operation["operationId"] for _, operation in _operations(spec)]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in spec["tags"]}
    for path, operation in _operations(spec):
        assert len(operation["summary"]) > 10, path
        assert set(operation["tags"]) <= tags
        known = {"200", "304", "406", "422", "503"} | ({"404"} if "{symbol}" in path else set())
        assert set(operation["responses"]) == known, path
        assert all(response["description"] for response in operation["responses"].values())
        assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/csv"}
        assert not set(operation) - {
            "operationId", "summary", "description", "tags", "parameters", "responses",
            "deprecated",
        }  # fmt: skip


def test_every_parameter_has_a_schema_and_those_of_the_path_are_required(spec: Any) -> None:
    for path, operation in _operations(spec):
        parameters = operation.get("parameters", [])
        in_path = [p["name"] for p in parameters if p["in"] == "path"]
        assert in_path == re.findall(r"{(\w+)}", path)
        assert all(p["required"] for p in parameters if p["in"] == "path")
        for parameter in parameters:
            Draft202012Validator.check_schema(parameter["schema"])
            assert parameter["schema"].keys() & {"type", "oneOf", "anyOf", "$ref"}, parameter
    names = {p["name"] for p in spec["paths"]["/api/v1/bars/{symbol}"]["get"]["parameters"]}
    assert names == {"symbol", "interval", "from", "to", "order", "limit", "cursor"}


def test_schemas_are_valid_and_references_lead_somewhere(spec: Any) -> None:
    schemas = spec["components"]["schemas"]
    for name, schema in schemas.items():
        assert re.fullmatch(r"[\w.-]+", name)
        Draft202012Validator.check_schema(schema)
        assert "nullable" not in schema
    for node in _walk(spec):
        if isinstance(node.get("$ref"), str):
            assert node["$ref"].removeprefix("#/components/schemas/") in schemas


def test_examples_are_what_the_schemas_say(spec: Any) -> None:
    checked = 0
    for _, operation in _operations(spec):
        for response in operation["responses"].values():
            for kind, content in response.get("content", {}).items():
                if kind != "text/csv":
                    _validator(spec, content["schema"]).validate(content["example"])
                    checked += 1
    assert checked == 12 * 4 + 8


def test_rows_have_the_columns_that_are_described(spec: Any) -> None:
    def described(name: str) -> list[str]:
        items = spec["components"]["schemas"][name]["properties"]["items"]["items"]["$ref"]
        return list(spec["components"]["schemas"][items.rpartition("/")[2]]["properties"])

    for name, rows in _LISTED.items():
        assert described(name) == list(rows.columns), name
    assert described("Symbols") == list(SYMBOL_COLUMNS)


def test_a_real_refusal_is_what_is_described(client: FlaskClient, spec: Any) -> None:
    problem = _validator(spec, {"$ref": "#/components/schemas/Problem"})
    for path in ("/api/v1/bars/A?limit=0", "/api/v1/bars/A", "/nothing"):
        problem.validate(client.get(path).json)


class _Assets(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [str(given[name]) for name in ("src", "href") if name in given]
        if tag in ("script", "style") and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]


def test_the_page_loads_only_what_is_here(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.headers["Content-Security-Policy"] == POLICY
    assert "'unsafe-inline'" not in POLICY.partition("script-src")[2].partition(";")[0]
    assert not re.search(r"https?:|\*|unsafe-eval", POLICY)
    assets = _Assets()
    assets.feed(page.text)
    assert assets.inline == []
    assert len(assets.links) == 5
    for link in assets.links:
        assert re.fullmatch(r"[\w./-]+", link), link
        answer = client.get(f"/{link}")
        assert answer.status_code == 200, link
        assert "Cache-Control" in answer.headers
    start = client.get("/docs/start.js").text
    assert "validatorUrl: null" in start
    assert "http" not in start
    style = client.get("/docs/swagger-ui.css").text
    assert re.findall(r"@import|url\((?!data:|[\"']?data:)[^)]*\)", style) == []


def test_assets_are_compressed_and_kept(client: FlaskClient) -> None:
    answer = client.get("/docs/swagger-ui-bundle.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 700_000
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/docs/swagger-ui-bundle.js", headers=tag).status_code == 304
