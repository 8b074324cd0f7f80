"""The fleet and the real router as anybody reaches them: Netmiko, asyncssh, pysnmp and net-snmp as judges."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pysnmp.hlapi.v3arch.asyncio as hlapi
import pytest
from netmiko import BaseConnection, ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException, ReadTimeout

from city.errors import Failed
from city.inventory import Endpoint, SnmpV3
from city.secrets import SecretRef, resolve
from lab.fleet import orders, process
from lab.fleet.credentials import SNMP_USER_SHA1
from lab.system import Need, as_root, ensure
from tests.street import Street
from tests.waiting import until

pytestmark = pytest.mark.fleet

NAME, OBJECT_ID = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.2.0"
SECTIONED = (["snmp-server location 3.00135,0.90835"], "show running-config", "snmp-server location 3.00135,0.90835")
DEVICES = [
    pytest.param("ap-0001", "cisco_ios", *SECTIONED, "bogus", "% Invalid input", id="street-ap"),
    pytest.param("sw-west-01", "cisco_ios", *SECTIONED, "bogus", "% Invalid input", id="edge-switch"),
    pytest.param(
        *("ap-0003", "linux", ["uci set system.host.location='3.1,0.9'"], "uci show", "system.host.location='3.1,0.9'"),
        *("uci set system.nowhere.colour='red'", "uci: Invalid argument"),
        id="mesh-ap",
    ),
]
if as_root() is not None:
    DEVICES.append(
        pytest.param(
            *("sw-core-01", "cisco_ios", ["log syslog errors"], "show running-config", "log syslog errors"),
            *("bogus", "% Unknown command"),
            id="frr",
        )
    )


@contextmanager
def logged_in(endpoint: Endpoint, kind: str, password: str | None = None) -> Iterator[BaseConnection]:
    connection = ConnectHandler(
        device_type=kind,
        host=str(endpoint.address),
        port=endpoint.ssh_port,
        username=endpoint.user,
        password=password or resolve(endpoint.password).reveal(),
    )
    try:
        yield connection
    finally:
        connection.disconnect()


@pytest.mark.parametrize(("device", "kind", "lines", "show", "shown", "bad", "says"), DEVICES)
def test_netmiko_drives_it(  # noqa: PLR0913, PLR0917 - the columns of the table
    street: Street, device: str, kind: str, lines: list[str], show: str, shown: str, bad: str, says: str
) -> None:
    """One contract for what we emulate and what is real: connect, change, be refused, read back."""
    with logged_in(street.inventory[device], kind) as connection:
        answer = connection.send_config_set([*lines, bad])
        assert says in answer
        assert shown in connection.send_command(show)


@pytest.mark.parametrize("device", [pytest.param(p.values[0], id=str(p.id)) for p in DEVICES])
def test_only_the_labs_password_opens(street: Street, device: str) -> None:
    with pytest.raises(NetmikoAuthenticationException), logged_in(street.inventory[device], "linux", "guess"):
        pass


@pytest.mark.parametrize("device", [pytest.param(p.values[0], id=str(p.id)) for p in DEVICES])
async def test_the_pinned_host_key_is_the_devices(street: Street, device: str) -> None:
    endpoint = street.inventory[device]
    key = await asyncssh.get_server_host_key(str(endpoint.address), endpoint.ssh_port)
    assert key is not None
    assert key.export_public_key().decode().strip() == endpoint.host_key


async def test_a_command_may_come_without_a_terminal(street: Street) -> None:
    endpoint = street.inventory["ap-0003"]
    async with asyncssh.connect(
        str(endpoint.address),
        endpoint.ssh_port,
        username=endpoint.user,
        password=resolve(endpoint.password).reveal(),
        known_hosts=([asyncssh.import_public_key(endpoint.host_key)], [], []),
        config=None,
        gss_host=None,
    ) as connection:
        shown = await connection.run("uci get wireless.radio0")
        refused = await connection.run("uci get wireless.radio9")
    assert (shown.stdout, shown.exit_status) == ("wifi-device\n", 0)
    assert (refused.stdout, refused.exit_status) == ("uci: Entry not found\n", 1)


def secret(ref: SecretRef) -> str:
    return resolve(ref).reveal()


async def by_pysnmp(endpoint: Endpoint, *names: str, sha1: bool = False) -> list[str]:
    snmp = endpoint.snmp
    if isinstance(snmp, SnmpV3):
        who: hlapi.UsmUserData | hlapi.CommunityData = hlapi.UsmUserData(
            SNMP_USER_SHA1 if sha1 else snmp.user,
            secret(snmp.auth),
            secret(snmp.priv),
            authProtocol=hlapi.USM_AUTH_HMAC96_SHA if sha1 else hlapi.USM_AUTH_HMAC192_SHA256,
            privProtocol=hlapi.USM_PRIV_CFB128_AES,
        )
    else:
        who = hlapi.CommunityData(secret(snmp.community), mpModel=1)  # noqa: S508 - what the city declares
    engine = hlapi.SnmpEngine()
    asked = [hlapi.ObjectType(hlapi.ObjectIdentity(name)) for name in names]
    try:
        target = await hlapi.UdpTransportTarget.create(
            (str(endpoint.address), endpoint.snmp_port), timeout=5, retries=1
        )
        error, status, _, found = await hlapi.get_cmd(engine, who, target, hlapi.ContextData(), *asked, lookupMib=False)
    finally:
        engine.close_dispatcher()
    assert not error and not status, str(error or status)
    return [str(value) for _, value in found]


@pytest.mark.parametrize(
    ("device", "object_id"),
    [
        pytest.param("ap-0001", "1.3.6.1.4.1.25053.3.1.11", id="street-ap, version 3"),
        pytest.param("ap-0006", "1.3.6.1.4.1.41112.1.6", id="mesh-ap, version 2c by its tag"),
        pytest.param("sw-west-01", "1.3.6.1.4.1.9.1.1208", id="edge-switch, version 3"),
    ],
)
async def test_pysnmp_reads_it(street: Street, device: str, object_id: str) -> None:
    name, found = await by_pysnmp(street.inventory[device], NAME, OBJECT_ID)
    assert found == object_id
    assert name in str(orders.look_at(street.params, device)["running"])


@pytest.mark.parametrize("device", [pytest.param(p.values[0], id=str(p.id)) for p in DEVICES if p.id == "frr"])
async def test_pysnmp_reads_the_real_agent(street: Street, device: str) -> None:
    assert await by_pysnmp(street.inventory[device], NAME, OBJECT_ID) == [device, "1.3.6.1.4.1.8072.3.2.10"]


async def test_pysnmp_reads_it_with_sha_1(street: Street) -> None:
    assert await by_pysnmp(street.inventory["sw-west-01"], OBJECT_ID, sha1=True) == ["1.3.6.1.4.1.9.1.1208"]


@pytest.fixture(scope="session")
def snmpwalk() -> Path:
    need = Need(package="snmp", why="net-snmp's own client judges the agent", shown_by=Path("/usr/bin/snmpbulkwalk"))
    ensure([need], print)
    return need.shown_by


def test_net_snmp_walks_it(street: Street, snmpwalk: Path, tmp_path: Path) -> None:
    endpoint = street.inventory["ap-0001"]
    snmp = endpoint.snmp
    assert isinstance(snmp, SnmpV3)
    (tmp_path / "snmp.conf").touch(mode=0o600)
    (tmp_path / "snmp.conf").write_text(
        f"defVersion 3\ndefSecurityName {snmp.user}\ndefSecurityLevel authPriv\ndefAuthType SHA-256\ndefPrivType AES\n"
        f"defAuthPassphrase {secret(snmp.auth)}\ndefPrivPassphrase {secret(snmp.priv)}\n"
    )
    done = subprocess.run(
        [snmpwalk, "-On", f"{endpoint.address}:{endpoint.snmp_port}", ".1"],
        env={"SNMPCONFPATH": str(tmp_path), "SNMP_PERSISTENT_DIR": str(tmp_path), "MIBS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[-1].endswith("No more variables left in this MIB View (It is past the end of the MIB tree)")
    assert f".{OBJECT_ID} = OID: .1.3.6.1.4.1.25053.3.1.11" in lines


def takes_connections(endpoint: Endpoint) -> bool:
    try:
        socket.create_connection((str(endpoint.address), endpoint.ssh_port), timeout=2).close()
    except OSError:
        return False
    return True


async def answers_snmp(endpoint: Endpoint, patience_s: float = 60.0) -> bool:
    try:
        await asyncio.wait_for(by_pysnmp(endpoint, NAME), patience_s)
    except (TimeoutError, AssertionError):
        return False
    return True


async def test_a_device_that_is_off_is_silent_and_boots_when_it_comes_back(street: Street) -> None:
    endpoint = street.inventory["ap-0002"]
    boots = int(str(orders.look_at(street.params, "ap-0002")["boots"]))
    orders.fault(street.params, ["ap-0002"], {"off": True})
    until(lambda: not takes_connections(endpoint))
    assert not await answers_snmp(endpoint, 3)
    assert process.status(street.params).faults["ap-0002"]["off"]
    orders.mend(street.params, ["ap-0002"])
    assert takes_connections(endpoint)
    assert await answers_snmp(endpoint)
    assert orders.look_at(street.params, "ap-0002")["boots"] == boots + 1


def test_a_switch_that_is_off_cuts_off_its_access_points(street: Street) -> None:
    behind = [ap.id for ap in street.city.access_points if ap.switch == "sw-east-01"]
    others = process.status(street.params).devices - len(behind) - 1
    orders.fault(street.params, ["sw-east-01"], {"off": True})
    until(lambda: process.status(street.params).answering == others)
    assert not any(takes_connections(street.inventory[device]) for device in behind)
    orders.mend(street.params, ["sw-east-01"])
    until(lambda: all(takes_connections(street.inventory[device]) for device in behind))


def test_a_slow_device_takes_its_time_for_each_answer(street: Street) -> None:
    orders.fault(street.params, ["ap-0004"], {"latency_s": 0.5})
    begun = time.monotonic()
    with logged_in(street.inventory["ap-0004"], "cisco_ios") as connection:
        connection.send_command("show version")
    assert time.monotonic() - begun > 1.5, "login, preparation and command are at least three answers"


async def test_a_device_that_loses_everything_answers_no_datagram(street: Street) -> None:
    orders.fault(street.params, ["ap-0004"], {"loss": 1.0})
    assert not await answers_snmp(street.inventory["ap-0004"], 3)
    assert takes_connections(street.inventory["ap-0004"]), "it has power, so its connections open"


async def test_a_device_with_other_credentials_says_so_over_snmp(street: Street) -> None:
    orders.fault(street.params, ["ap-0005"], {"wrong_credentials": True})
    with pytest.raises(AssertionError, match="digest"):
        await by_pysnmp(street.inventory["ap-0005"], NAME)


def test_a_device_with_other_credentials_refuses_the_labs(street: Street) -> None:
    orders.fault(street.params, ["ap-0005"], {"wrong_credentials": True})
    with pytest.raises(NetmikoAuthenticationException), logged_in(street.inventory["ap-0005"], "cisco_ios"):
        pass


def test_a_device_may_reboot_in_the_middle_of_a_push(street: Street) -> None:
    endpoint = street.inventory["ap-0008"]
    orders.fault(street.params, ["ap-0008"], {"reboot_after": 2})
    with (
        pytest.raises((NetmikoTimeoutException, ReadTimeout, OSError, EOFError)),
        logged_in(endpoint, "cisco_ios") as connection,
    ):
        connection.send_config_set([f"ntp server 10.9.9.{n}" for n in range(1, 9)], read_timeout=30)
    until(lambda: orders.look_at(street.params, "ap-0008")["faults"] == asdict_of_none())  # it happens once
    until(lambda: takes_connections(endpoint))
    assert "10.9.9." not in str(orders.look_at(street.params, "ap-0008")["running"]), "what was not saved is gone"


def asdict_of_none() -> dict[str, object]:
    return {
        "off": False,
        "latency_s": 0.0,
        "loss": 0.0,
        "wrong_credentials": False,
        "rejects": [],
        "reboot_after": None,
    }


@pytest.mark.parametrize(
    ("devices", "changes"),
    [
        pytest.param(["ap-9999"], {"off": True}, id="a device that there is not"),
        pytest.param(["ap-0001"], {"on": True}, id="a fault that there is not"),
        pytest.param(["ap-0001"], {"loss": 7}, id="more than everything lost"),
        pytest.param([], {"off": True}, id="nobody"),
    ],
)
def test_what_cannot_be_done_is_refused(street: Street, devices: list[str], changes: dict[str, object]) -> None:
    with pytest.raises(Failed, match="fleet"):
        orders.fault(street.params, devices, changes)


def test_the_socket_and_the_secrets_are_the_owners_alone(street: Street) -> None:
    root = street.params.root
    kept = [root / "fleet.sock", root / "fleet.sqlite", *(root / "secrets").iterdir()]
    assert len(kept) >= 7
    assert {oct(path.stat().st_mode & 0o777) for path in kept} == {"0o600"}
    assert (root / "secrets").stat().st_mode & 0o077 == 0
    shown = [street.params.logs / "fleet.log", *Path("/proc").glob("[0-9]*/cmdline")]
    seen = "".join(map(_text, shown))
    assert "lab.fleet" in seen
    assert not [path.name for path in (root / "secrets").iterdir() if path.read_text().strip() in seen]


def _text(path: Path) -> str:
    """Empty for a process that has ended meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
