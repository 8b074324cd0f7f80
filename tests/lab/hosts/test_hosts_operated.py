"""What operators do on a real guest: its console's key is pinned, the lab's own key opens it, its ports are seen."""

import socket
import uuid
from ipaddress import IPv4Address

import pytest

from city.outcome import Status
from infra.hosts.access import Access
from infra.hosts.command import run
from infra.hosts.host import Host, keys_on
from infra.hosts.promise import Listener, Promises, verify
from lab.hosts import operators
from lab.net.kernel import inside
from tests.lab.hosts.conftest import Machine

pytestmark = pytest.mark.slow


def test_a_guest_is_run_on_and_verified_with_what_the_cloud_records_of_it(machine: Machine) -> None:
    params = machine.life.home.params
    operators.make(params)
    portal = machine.guest(hostname="portal-1")
    machine.life.create(portal)
    machine.booted(portal)
    console = machine.life.home.of(portal.id).console
    keys = keys_on(console.read_text(encoding="utf-8", errors="replace"))
    host = Host(name="portal-1", site="datacentre", address=IPv4Address("127.0.0.1"), keys=keys)
    access = Access(user="root", identity=operators.private(params))

    def dial(_: Host) -> socket.socket:
        with inside(machine.name(portal)):
            return socket.create_connection(("127.0.0.1", 22), 60)

    done = run(host, access, ["hostname"], dial)
    assert done.ran is not None and (done.ran.exit, done.ran.stdout) == (0, "portal-1\n"), done.outcome
    found = verify(host, access, Promises(listens=frozenset({Listener(port=22)}), runs=("ssh",)), dial)
    assert {outcome.subject.partition(": ")[2]: outcome.status for outcome in found} == {
        "listens on tcp port 22": Status.OK,
        "nothing else is open": Status.OK,
        "ssh runs": Status.OK,
    }
    asked_for_more = Promises(listens=frozenset({Listener(port=22), Listener(port=443)}), runs=(f"no-{uuid.uuid4()}",))
    assert [one.status for one in verify(host, access, asked_for_more, dial)] == [
        Status.OK,
        Status.FAILED,
        Status.OK,
        Status.FAILED,
    ]
