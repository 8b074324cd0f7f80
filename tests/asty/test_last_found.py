"""What a machine remembers of a host is that host, or nothing."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from asty.last_found import LastFound
from infra.hosts.host import Host

HOST = Host(
    name="monitoring-1",
    site="recovery",
    address=IPv4Address("10.20.0.7"),
    keys=("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA0mWAB0V0rJJEW3dGyq7IcqDUDQn5sTkNL0LvYYs1cU", "ssh-rsa AAAAB3Nz"),
)


def test_a_host_is_remembered_until_another_one_is_found(tmp_path: Path) -> None:
    memory = LastFound(tmp_path / "host.json")
    assert memory.recall(HOST.name, HOST.site) is None
    memory.keep(HOST)
    assert LastFound(tmp_path / "host.json").recall(HOST.name, HOST.site) == HOST
    moved = replace(HOST, address=IPv4Address("10.20.0.8"), keys=HOST.keys[:1], port=2222)
    memory.keep(moved)
    assert memory.recall(HOST.name, HOST.site) == moved
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("host.json", 0o600)]


@pytest.mark.parametrize(("name", "site"), [("monitoring-1", "datacentre"), ("identity-1", "recovery")])
def test_another_host_is_not_taken_for_it(name: str, site: str, tmp_path: Path) -> None:
    memory = LastFound(tmp_path / "host.json")
    memory.keep(HOST)
    assert memory.recall(name, site) is None


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff{", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"name": "monitoring-1", "site": "recovery", "address": "10.20.0.7", "port": 22}', id="no keys"),
        pytest.param(
            b'{"name": "monitoring-1", "site": "recovery", "address": "here", "keys": [], "port": 22}',
            id="an address that is none",
        ),
    ],
)
def test_what_cannot_be_read_is_nothing(told: bytes, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_bytes(told)
    assert LastFound(tmp_path / "host.json").recall(HOST.name, HOST.site) is None


def test_where_nothing_can_be_written_the_host_is_asked_for_again(tmp_path: Path) -> None:
    memory = LastFound(tmp_path / "not there" / "host.json")
    memory.keep(HOST)
    assert memory.recall(HOST.name, HOST.site) is None
