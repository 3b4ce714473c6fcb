"""Which processes the demo starts, with which ports and environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from streams.adapters.child import Child
from streams.adapters.settings import Settings
from streams.apps.serve.ports import function_ports


@dataclass(frozen=True, slots=True)
class Plan:
    """The children in the order of the flow, and where people find them."""

    children: tuple[Child, ...]
    broker_url: str
    panel_url: str | None
    settings: Mapping[str, object]
    """What these processes have otherwise than the demo's own settings."""


def make_plan(settings: Settings, *, panel: bool, panel_port: int, predict: bool = False) -> Plan:
    """Choose ports (the usual ones, or free ones where taken) and describe the processes."""
    broker = free_port(settings.broker_port)
    wanted = function_ports(settings.function_ports)
    functions = {name: free_port(port) for name, port in wanted.items()}
    sink = settings.sink or f"http://127.0.0.1:{broker}/"
    env: Mapping[str, str] = {
        "K_SINK": sink,
        "TAPEDECK_HOME": str(settings.home.resolve()),
        "TAPEDECK_BROKER_PORT": str(broker),
        "TAPEDECK_FUNCTION_PORTS": ",".join(f"{n}={p}" for n, p in functions.items()),
        "TAPEDECK_METRICS_PORT": "",  # one port would not do for all: each takes its usual one
        "PYTHONUNBUFFERED": "1",
    }
    names = ["bars", "signals", "archive", "deliver", *(["predict"] if predict else [])]
    commands = {name: ["run", name] for name in names}
    if settings.sink is None:
        commands["serve"] = ["serve"]
    url = None
    if panel:
        port = free_port(panel_port)
        commands["panel"] = ["panel", "--port", str(port)]
        url = f"http://127.0.0.1:{port}/"
    children = [Child(settings.home, name, command, env) for name, command in commands.items()]
    return Plan(tuple(children), sink, url, {"sink": sink, "broker_port": broker})


def free_port(preferred: int) -> int:
    """The preferred port of 127.0.0.1 when nobody listens there, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise OSError("no free port on 127.0.0.1")
