"""What Prometheus and Grafana are told to ask for is there to be asked."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from streams.apps.pipelines import METRICS_PORTS
from tests.unit.infra.files import ROOT
from tests.unit.knative.building import KNATIVE, build

DASHBOARD = json.loads((ROOT / "infra" / "grafana" / "dashboard.json").read_text())
JOBS = {
    job["job_name"]: job
    for job in yaml.safe_load((ROOT / "infra" / "prometheus.yaml").read_text())["scrape_configs"]
}
_SUFFIXES = {
    "Counter": ("_total",),
    "_counter": ("_total",),
    "CounterMetricFamily": ("_total",),
    "Gauge": ("",),
    "GaugeMetricFamily": ("",),
    "Histogram": ("_bucket", "_sum", "_count"),
}

_ADDED = {"le", "job", "component", "pod"}
"""Labels that histograms and the scraping add."""
KAFKA = build(KNATIVE / "overlays" / "kafka")


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _metrics(tree: ast.Module) -> Iterator[tuple[str, str, set[str]]]:
    """Kind, name and labels of what a module makes; of `f"prefix_{key}"` by its dicts' keys."""
    keys = [
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _called(node) in _SUFFIXES:
            match node.args[0]:
                case ast.Constant(value=str(name)):
                    yield _called(node), name, _labels(node)
                case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), _]):
                    yield from ((_called(node), prefix + key, _labels(node)) for key in keys)


def _labels(call: ast.Call) -> set[str]:
    """Those named in the call; metrics.py's `_counter` adds the pipeline."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    lists = (each.elts for each in given if isinstance(each, ast.List))
    named = {str(item.value) for items in lists for item in items if isinstance(item, ast.Constant)}
    return named | ({"pipeline"} if _called(call) == "_counter" else set())


@cache
def exported() -> dict[str, set[str]]:
    """{name as Prometheus sees it: labels} of every metric in the code."""
    found: dict[str, set[str]] = {}
    for package in ("streams", "functions", "panel_app"):
        for path in (ROOT / package).rglob("*.py"):
            for kind, name, labels in _metrics(ast.parse(path.read_text())):
                found |= {name + suffix: labels for suffix in _SUFFIXES[kind]}
    return found


def _expressions() -> list[Any]:
    return [
        pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    ]


@pytest.mark.parametrize("expression", _expressions())
def test_a_panel_shows_metrics_that_are_exported(expression: str) -> None:
    named = set(re.findall(r"tapedeck_\w+", expression))
    assert named
    assert named <= exported().keys()
    grouped = re.findall(r"by \(([^)]*)\)", expression)
    used = {label for group in grouped for label in group.replace(" ", "").split(",")}
    used |= set(re.findall(r"[{,](\w+)=", expression))
    assert used <= _ADDED.union(*(exported()[name] for name in named))


def test_the_page_of_other_names_names_metrics_that_are_exported() -> None:
    page = (ROOT / "infra" / "docs" / "coming-from.md").read_text()
    named = set(re.findall(r"tapedeck_\w+", page))
    assert len(named) >= 4
    assert {name for name in named if not exported().keys() & {name, f"{name}_count"}} == set()


def test_panels_do_not_cover_each_other() -> None:
    taken = set[tuple[int, int]]()
    for panel in DASHBOARD["panels"]:
        x, y, w, h = (panel["gridPos"][key] for key in "xywh")
        cells = {(x + dx, y + dy) for dx in range(w) for dy in range(h)}
        assert not cells & taken, panel["title"]
        assert x + w <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_pipelines_and_dashboard_are_asked_where_they_are() -> None:
    asked = {
        each["labels"]["component"]: each["targets"]
        for each in JOBS["tapedeck-local"]["static_configs"]
    }
    ports = {**METRICS_PORTS, "panel": 5006}
    assert asked == {name: [f"127.0.0.1:{port}"] for name, port in ports.items()}


def test_a_pod_says_where_its_metrics_are_and_lets_prometheus_in() -> None:
    open_ports = set[int]()
    for policy in KAFKA:
        if policy["kind"] == "NetworkPolicy" and policy["metadata"]["name"].startswith("metrics"):
            for port in policy["spec"]["ingress"][0]["ports"]:
                open_ports |= set(range(port["port"], port.get("endPort", port["port"]) + 1))
    annotated = dict[str, int]()
    for document in KAFKA:
        template = document.get("spec", {}).get("template", {})
        annotations = template.get("metadata", {}).get("annotations", {})
        if annotations.get("prometheus.io/scrape") == "true":
            port = int(annotations["prometheus.io/port"])
            (container,) = template["spec"]["containers"]
            assert port in {each["containerPort"] for each in container["ports"]}
            annotated[document["metadata"]["name"]] = port
    functions = {"ingest", "notify", "aggregate", "query", "dead-letter"}
    assert annotated.keys() == {*METRICS_PORTS, "panel", *functions}
    assert set(annotated.values()) <= open_ports
