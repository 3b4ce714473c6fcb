"""Ports: the same as last time, else the usual ones, else free ones."""

import os
import socket
import threading
from pathlib import Path

import pytest

from streams.adapters.services.checks import Level, port_check
from streams.adapters.services.ports import (
    choose_ports,
    free_port,
    holder,
    is_free,
    remember_ports,
    remembered_ports,
    same_ports,
)
from streams.domain.errors import ServiceError


def test_the_usual_port_is_taken_where_it_is_free(tmp_path: Path) -> None:
    usual = {"a": free_port()}
    assert choose_ports(tmp_path, usual) == usual
    assert remembered_ports(tmp_path) == usual


def test_the_port_of_last_time_comes_before_the_usual_one(tmp_path: Path) -> None:
    last = free_port()
    remember_ports(tmp_path, {"a": last})
    assert choose_ports(tmp_path, {"a": free_port(frozenset({last}))}) == {"a": last}


def test_a_service_comes_back_on_its_port_once_that_is_let_go(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as killed:
        last = killed.getsockname()[1]
        remember_ports(tmp_path, {"a": last, "b": free_port()})
        late = threading.Timer(0.2, killed.close)
        late.start()
        assert same_ports(tmp_path, ["a"], 30) == {"a": last}
        late.join()


def test_a_service_whose_port_another_one_keeps_does_not_come_back_elsewhere(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        remember_ports(tmp_path, {"a": server.getsockname()[1]})
        with pytest.raises(ServiceError, match=rf"free again for a, .*pid {os.getpid()}"):
            same_ports(tmp_path, ["a"], 0.1)


def test_a_taken_port_is_replaced_and_the_new_one_remembered(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        usual = server.getsockname()[1]
        assert not is_free(usual)
        chosen = choose_ports(tmp_path, {"a": usual})
    assert chosen["a"] != usual
    assert choose_ports(tmp_path, {"a": usual}) == chosen


def test_a_server_on_all_addresses_takes_the_port_too() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_no_two_names_get_the_same_port(tmp_path: Path) -> None:
    port = free_port()
    chosen = choose_ports(tmp_path, {"a": port, "b": port})
    assert chosen["a"] == port
    assert chosen["b"] != port


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "ports.json").write_text("[1")
    with pytest.raises(ServiceError, match=r"ports\.json"):
        remembered_ports(tmp_path)


def test_the_holder_of_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert str(os.getpid()) in (holder(server.getsockname()[1]) or "")
    assert holder(free_port()) is None


def test_doctor_says_who_has_the_port_and_that_another_is_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check = port_check("kafka", port, None, running=False)
        moved = port_check("kafka", port, 20_001, running=True)
    assert (check.level, check.name) == (Level.WARN, f"port {port}")
    assert str(os.getpid()) in check.detail
    assert check.advice == "nothing: kafka takes a free one"
    assert moved.advice == "nothing: kafka runs on 20001"


def test_doctor_is_content_with_a_free_port() -> None:
    port = free_port()
    assert port_check("kafka", port, None, running=False).level is Level.OK
