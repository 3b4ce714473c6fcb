"""`kn service deploy`, with tools that record how they are called."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.knative.building import KNATIVE, build, key, parsed
from tests.unit.knative.plugin_tools import PLUGIN, Ended, Tools


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """All of overlay kafka, from another registry."""
    tools = Tools(tmp_path_factory.mktemp("whole"))
    options = ["--registry", "r.io/me/", "--image-tag", "7", "--wait"]
    ended = tools.deploy("--all", "--overlay", "kafka", *options)
    assert ended.code == 0, ended.err
    return ended


def read(ended: Ended) -> list[str]:
    """Every manifest that was handed over."""
    return [*ended.read_by("kubectl apply"), *ended.read_by("kn service apply")]


def images(ended: Ended) -> set[str]:
    (text,) = ended.read_by("kn service apply")
    return {c["image"] for c in parsed(text)[0]["spec"]["template"]["spec"]["containers"]}


def commands(ended: Ended) -> list[str]:
    """What was called, without the names of temporary files."""
    return [
        " ".join(word for word in held["call"].split() if "/kn-service-deploy-" not in word)
        for held in ended.calls
    ]


def test_one_function_with_what_brings_it_events(tools: Tools) -> None:
    ended = tools.deploy("notify")
    assert ended.code == 0, ended.err
    assert commands(ended) == [
        f"kubectl kustomize {KNATIVE / 'overlays' / 'dev'}",
        "kubectl apply -f -",
        "kubectl get secret tapedeck --namespace tapedeck -o name",
        "kn service apply -f --namespace tapedeck --no-wait",
        "kubectl apply -f -",
    ]
    first, rest = (parsed(text) for text in ended.read_by("kubectl apply"))
    assert [key(d)[1:] for d in first] == [("Namespace", "tapedeck"), ("ConfigMap", "tapedeck")]
    assert {d["kind"] for d in rest} == {"Broker", "Trigger", "EventType", "PingSource"}
    assert rest[0]["kind"] == "Broker"
    assert {d["metadata"]["name"] for d in rest if d["kind"] == "Trigger"} == {
        "notify",
        "notify-ping",
    }
    (service,) = parsed(ended.read_by("kn service apply")[0])
    assert key(service) == ("serving.knative.dev/v1", "Service", "notify")


def test_all_of_an_overlay_is_applied_once_and_but_for_images_unchanged(whole: Ended) -> None:
    applied = [document for text in read(whole) for document in parsed(text)]
    held = yaml.safe_dump_all(build(KNATIVE / "overlays" / "kafka"))
    wanted = parsed(re.sub(r"image: .*/(tapedeck-\w+):.*", r"image: r.io/me/\1:7", held))
    assert {key(d): d for d in applied} == {key(d): d for d in wanted}
    assert len(applied) == len(wanted)


def test_an_overlay_of_servers_needs_no_kn_call_and_no_secret(tools: Tools) -> None:
    ended = tools.deploy("--all", "--overlay", "servers-dev")
    assert ended.code == 0, ended.err
    assert [call.split()[:2] for call in commands(ended)] == [
        ["kubectl", "kustomize"],
        ["kubectl", "apply"],
        ["kubectl", "apply"],
    ]


def test_images_are_taken_from_where_they_are_asked_for(tools: Tools) -> None:
    assert images(tools.deploy("query")) == {"dev.local/tapedeck-functions:dev"}
    assert images(tools.deploy("panel", "--image-tag", "9")) == {"dev.local/tapedeck-panel:9"}


def test_another_namespace_is_everywhere(tools: Tools) -> None:
    ended = tools.deploy("--all", "--namespace", "mine")
    assert ended.code == 0, ended.err
    found = {d["metadata"].get("namespace", d["kind"]) for t in read(ended) for d in parsed(t)}
    assert found == {"mine", "Namespace"}
    assert all("tapedeck" not in call.split("--namespace ")[1].split()[0]
               for call in commands(ended) if "--namespace" in call)  # fmt: skip


def test_waiting_is_for_jobs_functions_and_triggers(whole: Ended) -> None:
    waits = [call for call in commands(whole) if "wait" in call]
    assert waits[0].startswith("kubectl wait --for=condition=complete job.batch/migrate")
    assert waits[1] == "kn service apply -f --namespace tapedeck --wait --wait-timeout 600"
    assert waits[-1].startswith("kubectl wait --for=condition=Ready broker.eventing.knative.dev/")
    assert "sinkbinding.sources.knative.dev/deliver" in waits[-1]


def test_jobs_of_the_last_time_are_removed_before_the_functions_come(whole: Ended) -> None:
    called = commands(whole)
    removal = "kubectl delete job/migrate job/topics --namespace tapedeck --ignore-not-found"
    first = next(call for call in called if call.startswith("kn service apply"))
    assert called.index(removal) < called.index(first)


def test_what_others_refer_to_comes_before_them(whole: Ended) -> None:
    rest = parsed(whole.read_by("kubectl apply")[-1])
    assert [d["kind"] for d in rest][:2] == ["Broker", "SinkBinding"]


def test_a_dry_run_applies_nothing_and_prints_everything(tools: Tools) -> None:
    ended = tools.deploy("--all", "--dry-run", "--image-tag", "7")
    assert ended.code == 0, ended.err
    assert [call.split()[:2] for call in commands(ended)] == [["kubectl", "kustomize"]]
    printed = {key(document) for document in parsed(ended.out) if document}
    assert printed == {key(document) for document in build(KNATIVE / "overlays" / "dev")}
    assert "would run: kn service apply" in ended.err
    assert "tapedeck-functions:7" in ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "expected NAME... or --all"),
        (["notify", "--all"], 2, "expected NAME... or --all"),
        (["notfy"], 2, "notfy: expected among aggregate, dead-letter, ingest, notify"),
        (["bars"], 2, "bars: expected among"),
        (["notify", "--overlay", "prod"], 2, "--overlay: expected one of dev, kafka"),
        (["notify", "--overlay", "../base"], 2, "was '../base'"),
        (["notify", "--tag", "1"], 2, "--tag"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_applied(
    tools: Tools, arguments: list[str], code: int, said: str
) -> None:
    ended = tools.deploy(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert not [call for call in commands(ended) if "apply" in call]


@pytest.mark.parametrize(("held", "missing"), [("kubectl", "kn"), ("kn", "kubectl")])
def test_a_tool_that_is_missing_is_named(tmp_path: Path, held: str, missing: str) -> None:
    ended = Tools(tmp_path, (held,)).deploy("notify")
    assert ended.code == 1
    assert f"{missing}: expected on PATH, was not there; see https://" in ended.err
    assert ended.calls == []


@pytest.mark.parametrize("refused", ["kubectl kustomize", "kn service apply", "kubectl apply"])
def test_what_a_tool_refuses_ends_it_with_its_words(tools: Tools, refused: str) -> None:
    ended = tools.deploy("notify", fail=refused)
    assert ended.code == 1
    assert f"error: {refused} refused" in ended.err
    assert f"`{refused}" in ended.err
    assert "Traceback" not in ended.err
    assert refused in ended.calls[-1]["call"]


def test_a_secret_that_is_missing_is_told_with_the_way_to_make_it(tools: Tools) -> None:
    ended = tools.deploy("notify", fail="get secret")
    assert ended.code == 1
    assert "Secret tapedeck: expected in namespace tapedeck" in ended.err
    assert "secret.example.yaml" in ended.err
    assert not ended.read_by("kn")


def test_the_help_has_the_options_and_the_overlays(tools: Tools) -> None:
    ended = tools.deploy("--help")
    assert ended.code == 0
    for word in ("--all", "--image-tag", "--registry", "--overlay", "--wait", "--dry-run", "kafka"):
        assert word in ended.out


def test_make_links_it_to_where_kn_finds_plugins(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "kn-plugin", f"PREFIX={tmp_path}"],
        cwd=KNATIVE.parent, capture_output=True, text=True,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    linked = tmp_path / "bin" / PLUGIN.name
    assert linked.resolve() == PLUGIN
    (tmp_path / "tools").mkdir()
    ended = Tools(tmp_path / "tools").deploy("notify", plugin=linked)
    assert ended.code == 0, ended.err
