"""Hosts as the cloud's own records show them: addresses, states, and the keys on their consoles."""

import re
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from keystoneauth1.exceptions import ConnectFailure
from openstack.connection import Connection
from openstack.exceptions import HttpException

from city.errors import InvalidInput
from infra.hosts.host import Host, keys_on
from infra.hosts.of_cloud import Unreached, hosts, named

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINWH/pOP2Ij7VlG5QDvUxJbytg7sGfPO5BSqdXQL1rhQ"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
CLOUD_INIT = f"""\
[   12.345678] cloud-init[612]: Cloud-init v. 22.4.2 running 'modules:final'
-----BEGIN SSH HOST KEY KEYS-----
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJkrR5u= root@portal-1
{ED25519} root@portal-1
-----END SSH HOST KEY KEYS-----
[   12.8] cloud-init[612]: finished
"""


def test_the_keys_are_those_between_the_marks_without_their_comments() -> None:
    assert keys_on(CLOUD_INIT)[1] == ED25519
    assert keys_on(CLOUD_INIT)[0].startswith("ecdsa-sha2-nistp256 ")


@pytest.mark.parametrize(
    "console",
    [
        pytest.param("", id="an empty console"),
        pytest.param(f"login: {OTHER}\n", id="a key outside of the marks"),
        pytest.param(f"-----BEGIN SSH HOST KEY KEYS-----\n{ED25519}\n", id="a console that was cut off"),
        pytest.param(
            "-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA\n-----END SSH HOST KEY KEYS-----", id="no key at all"
        ),
    ],
)
def test_no_key_is_made_of_what_is_none(console: str) -> None:
    assert keys_on(console) == ()


def test_after_a_rebuild_the_last_keys_count() -> None:
    assert keys_on(CLOUD_INIT + CLOUD_INIT.replace(ED25519, OTHER))[1] == OTHER


def server(name: str = "portal-1", **changes: object) -> SimpleNamespace:
    """As openstacksdk has a server of Nova."""
    addresses = {
        "application": [
            {"addr": "203.0.113.9", "version": 4, "OS-EXT-IPS:type": "floating"},
            {"addr": "fd00::9", "version": 6, "OS-EXT-IPS:type": "fixed"},
            {"addr": "10.1.1.9", "version": 4, "OS-EXT-IPS:type": "fixed"},
        ]
    }
    fields = {"id": name, "status": "ACTIVE", "addresses": addresses, "metadata": {"service": "portal"}, **changes}
    return SimpleNamespace(name=name, **fields)


def _found(pattern: str, name: str) -> bool:
    """As Nova has MySQL find it: a `|` means itself."""
    return re.search(pattern.replace("|", r"\|"), name) is not None


def cloud(*servers: SimpleNamespace, console: str = CLOUD_INIT) -> Mock:
    found = Mock(spec=Connection)
    found.compute = Mock()
    found.compute.servers.side_effect = lambda name="": [one for one in servers if _found(name, one.name)]
    found.compute.get_server_console_output.return_value = {"output": console}
    return found


def test_a_services_hosts_are_its_servers_at_their_fixed_addresses() -> None:
    there = cloud(server("portal-2"), server("portal-1"), server("wiki-1", metadata={"service": "wiki"}))
    first, second = hosts("datacentre", lambda: there, "portal")
    assert isinstance(first, Host) and (first.name, str(first.address)) == ("portal-1", "10.1.1.9")
    assert first.keys[1] == ED25519 and str(second).startswith("Host") is False
    assert [str(one) for one in (first, second)] == ["portal-1 (datacentre)", "portal-2 (datacentre)"]


def test_a_cloud_is_asked_for_no_other_services_servers() -> None:
    there = cloud(server("portal-1"), server("portal-db"), server("old-portal-1"))
    assert [one.name for one in hosts("datacentre", lambda: there, "portal")] == ["portal-1", "portal-db"]
    assert [one.name for one in named("datacentre", lambda: there, {"portal-1"})] == ["portal-1"]
    assert [call.kwargs["name"] for call in there.compute.servers.call_args_list] == ["^portal-", "^portal-1$"]


def test_hosts_are_found_by_name_and_no_other_console_is_read() -> None:
    there = cloud(server("portal-1"), server("portal-db"), server("identity-db"), server("wiki-db"))
    found = named("recovery", lambda: there, {"portal-db", "identity-db", "absent-db"})
    assert [str(one) for one in found] == ["identity-db (recovery)", "portal-db (recovery)"]
    assert there.compute.get_server_console_output.call_count == 2


@pytest.mark.parametrize(
    ("one", "console", "reason"),
    [
        pytest.param(server(status="SHUTOFF"), CLOUD_INIT, "SHUTOFF", id="a server that is off"),
        pytest.param(server(addresses={}), CLOUD_INIT, "no address", id="a server without a network"),
        pytest.param(server(), "Debian GNU/Linux 12", "shows no host key", id="a console without keys"),
    ],
)
def test_a_host_that_cannot_be_known_is_named_and_never_asked(one: SimpleNamespace, console: str, reason: str) -> None:
    (found,) = hosts("datacentre", lambda: cloud(one, console=console), "portal")
    assert isinstance(found, Unreached) and not found.lost
    assert found.name == "portal-1 (datacentre)" and reason in found.reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(HttpException("503: Service Unavailable"), "503", id="a cloud that refuses"),
        pytest.param(ConnectFailure("no"), "does not tell its servers", id="a cloud that is away"),
        pytest.param(InvalidInput("cloud x", "it has no entry", "Add it"), "it has no entry. Add it", id="no cloud"),
    ],
)
def test_of_a_site_that_tells_nothing_nobody_knows_what_it_has(error: Exception, reason: str) -> None:
    (found,) = hosts("recovery", Mock(side_effect=error), "portal")
    assert isinstance(found, Unreached) and found.lost and found.name == "recovery"
    assert reason in found.reason
