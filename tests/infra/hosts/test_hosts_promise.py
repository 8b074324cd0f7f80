"""What hosts promise, asked of real ones: each kept promise, and each way to break one."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import Mock

import pytest

from city.model.services import Flow, Workload
from city.outcome import Outcome, Status
from infra.hosts import promise
from infra.hosts.access import Access, Bounds
from infra.hosts.promise import Listener, Promises, of_workload, verify
from infra.hosts.roles import RolePromises
from lab.real.packages import NEEDS
from tests.infra.hosts.daemons import Daemon, daemon
from tests.lab.packages import have

pytestmark = pytest.mark.slow
WEB = Promises(listens=frozenset({Listener(port=22), Listener(port=443)}))


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    have(need for need in NEEDS if need.package in {"openssh-server", "iproute2"})
    with daemon(tmp_path_factory.mktemp("portal"), "portal-1", f"p{os.getpid() % 0xFFFF:04x}") as found:
        yield found


def found(portal: Daemon, promises: Promises = WEB) -> dict[str, Outcome]:
    access = Access(user="root", identity=portal.identity, bounds=Bounds(connect_s=60, run_s=120))
    outcomes = verify(portal.host, access, promises, portal.dial)
    return {outcome.subject.removeprefix("portal-1 (datacentre): "): outcome for outcome in outcomes}


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {subject: outcome.status.value for subject, outcome in outcomes.items()}


def test_a_host_that_keeps_its_promises_is_told_with_the_processes_behind_them(portal: Daemon) -> None:
    with portal.listening(443):
        kept = found(portal)
    assert statuses(kept) == {
        "listens on tcp port 22": "ok",
        "listens on tcp port 443": "ok",
        "nothing else is open": "ok",
    }
    assert kept["listens on tcp port 22"].evidence == "sshd"


def test_a_port_where_nothing_listens_is_a_promise_broken(portal: Daemon) -> None:
    assert statuses(found(portal))["listens on tcp port 443"] == "failed"


def test_what_only_the_host_itself_reaches_is_not_open(portal: Daemon) -> None:
    with portal.listening(5432, "127.0.0.1"), portal.listening(443, "127.0.0.53"):
        kept = statuses(found(portal))
    assert (kept["nothing else is open"], kept["listens on tcp port 443"]) == ("ok", "failed")


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_what_is_open_besides_is_named_with_its_process(portal: Daemon, kind: int) -> None:
    with ExitStack() as listening:
        listening.enter_context(portal.listening(443))
        listening.enter_context(portal.listening(9100, kind=kind))
        broken = found(portal)["nothing else is open"]
    assert broken.status is Status.FAILED
    assert f"{'tcp' if kind == socket.SOCK_STREAM else 'udp'} port 9100 (" in broken.reason


def test_who_asks_over_udp_and_waits_for_answers_is_not_open(portal: Daemon) -> None:
    """At a port that the kernel chooses; over TCP nobody listens at one without meaning to."""
    with portal.listening(443), portal.listening(40_123, kind=socket.SOCK_DGRAM):
        assert statuses(found(portal))["nothing else is open"] == "ok"
    with portal.listening(443), portal.listening(40_123):
        assert statuses(found(portal))["nothing else is open"] == "failed"


def test_a_unit_that_does_not_run_breaks_its_promise(portal: Daemon) -> None:
    """This machine's systemd, if any, knows no such unit."""
    broken = found(portal, replace(WEB, runs=("no-such-unit",)))
    assert statuses(broken)["no-such-unit runs"] == "failed"


def test_a_package_that_is_not_installed_breaks_its_promise(portal: Daemon) -> None:
    found_here = statuses(found(portal, replace(WEB, packages=("openssh-server", "no-such-package"))))
    assert found_here["package openssh-server is there"] == "ok"
    assert found_here["package no-such-package is there"] == "failed"


def test_what_a_host_has_no_way_to_tell_is_unknown_and_stops_no_other_question() -> None:
    """testinfra raises such where a host has neither dpkg nor rpm, or no init that it knows."""
    listening = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*"
    seen = Mock(run=Mock(return_value=Mock(rc=0, stdout=listening)))
    seen.package.side_effect = NotImplementedError
    seen.service.return_value.is_running = True
    wanted = Promises(listens=frozenset({Listener(port=22)}), packages=("nginx",), runs=("nginx",))
    *_, runs, package = promise._kept(seen, "web-1", wanted)
    assert (package.status, package.reason) == (Status.UNKNOWN, "the host does not tell: NotImplementedError")
    assert runs.status is Status.OK


def test_of_a_host_that_cannot_be_asked_nothing_is_known(portal: Daemon) -> None:
    access = Access(user="root", identity=portal.identity)
    (only,) = verify(replace(portal.host, port=23), access, WEB, portal.dial)
    assert (only.subject, only.status) == ("portal-1 (datacentre)", Status.UNKNOWN)


def test_a_line_that_nobody_understands_is_unknown_and_never_kept(
    portal: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promise, "_SOCKETS", "echo tcp LISTEN 0 128 somewhere")
    (*_, last) = found(portal).values()
    assert last.status is Status.UNKNOWN and "nobody understands" in last.reason


@pytest.mark.parametrize(
    ("line", "listener"),
    [
        pytest.param("tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*", Listener(port=22), id="all of IPv4"),
        pytest.param("tcp LISTEN 0 128 [::]:22 [::]:*", Listener(port=22), id="all of IPv6"),
        pytest.param("tcp LISTEN 0 128 *:443 *:*", Listener(port=443), id="all of both"),
        pytest.param("udp UNCONN 0 0 10.1.1.9:53 0.0.0.0:*", Listener(port=53, protocol="udp"), id="one address"),
        pytest.param(
            "udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:*", Listener(port=546, protocol="udp"), id="the link's own"
        ),
        pytest.param("udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*", None, id="a resolver of the host's own"),
        pytest.param("tcp LISTEN 0 128 [::1]:631 [::]:*", None, id="loopback of IPv6"),
        pytest.param("tcp LISTEN 0 4096 [::ffff:127.0.0.1]:8080 *:*", None, id="loopback of IPv4 in IPv6"),
        pytest.param("udp UNCONN 0 0 0.0.0.0%eth0:68 0.0.0.0:*", Listener(port=68, protocol="udp"), id="DHCP"),
    ],
)
def test_what_ss_shows_is_read_as_it_shows_it(line: str, listener: Listener | None) -> None:
    """Lines of ss of iproute2 6.1."""
    read = promise._listener(line, "portal-1")
    assert (read and read[0]) == listener


def test_a_workload_promises_its_ports_those_of_its_flows_and_ssh() -> None:
    workload = Mock(spec=Workload, port=443, flows=(Flow(source="world", port=53, protocol="udp"),))
    assert of_workload(workload).listens == {
        Listener(port=22),
        Listener(port=443),
        Listener(port=53, protocol="udp"),
    }


def test_what_its_roles_promise_is_promised_too() -> None:
    workload = Mock(spec=Workload, port=443, flows=())
    dns = RolePromises(packages=("knot",), runs=("knot.service",), listens=((53, "tcp"), (53, "udp")))
    promised = of_workload(workload, [dns, RolePromises(runs=("nginx.service",))])
    assert (promised.packages, promised.runs) == (("knot",), ("knot.service", "nginx.service"))
    assert promised.listens - of_workload(workload).listens == {
        Listener(port=53),
        Listener(port=53, protocol="udp"),
    }
