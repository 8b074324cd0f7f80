"""Each role answers for what it is: on a guest of its own from the image that the lab offers, asked by the probe of its
own kind, and held to what it promises."""

import asyncio
import json
import smtplib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from city.outcome import Status
from infra.hosts import roles
from infra.hosts.access import Access
from infra.hosts.host import Host, keys_on
from infra.hosts.promise import Listener, Promises, verify
from lab.hosts import authority, credentials, golden_image, operators
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.net.kernel import inside
from lab.params import LabParams
from monitoring.probes import dns, https, mqtt, radius, smtp
from monitoring.probes.dns import Name
from monitoring.probing.failure import Failure
from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found, Probe, Spec
from monitoring.probing.trip import Way
from monitoring.probing.web import Page
from tests.lab.hosts.conftest import Machine, machine_of
from tests.waiting import until

pytestmark = pytest.mark.slow
OWN = "127.0.0.1"
"""Where a guest without a cable is asked: in its own network namespace. Its certificate is for this address too."""


@dataclass
class Town:
    """Hosts of roles, side by side."""

    machine: Machine
    hosts: dict[str, Guest]
    params: LabParams

    def asks(self, role: str, probe: Probe[Any], spec: Spec) -> str:
        """What its good answer was, as soon as there is one. Raises AssertionError with the last one that was not."""
        deadline = time.monotonic() + 300
        while (found := self.asked(role, probe, spec)).failure is not None:
            assert time.monotonic() < deadline, f"{role}: {found}"
            time.sleep(0.1)
        return found.detail

    def asked(self, role: str, probe: Probe[Any], spec: Spec) -> Found:
        with inside(self.machine.name(self.hosts[role])):
            ask = Ask(probe=probe, host=OWN, spec=spec, deadline_s=30.0)
            return asyncio.run(look(ask, Way(trust=str(self.params.trust))))


def server(machine: Machine, role: str, port: int, **meta: str) -> Guest:
    told = {"service": role, "site": "datacentre", "port": str(port), "roles": role, "fqdn": f"{role}.example.test"}
    made = machine.guest(hostname=f"{role}-1")
    drive = {
        **made.drive,
        "openstack/latest/meta_data.json": json.dumps({"name": f"{role}-1", "meta": {**told, **meta}}),
        "openstack/latest/network_data.json": json.dumps({"networks": [{"ip_address": OWN}]}),
    }
    return Guest.of({**made.as_json(), "drive": drive})


PORTS = {"application": 443, "broker": 8883, "dns": 53, "identity": 443, "mail": 25, "radius": 1812, "web": 443}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    root = tmp_path_factory.mktemp("town") / "lab"
    params = LabParams(name="t", root=root, base_port=17_440, base_address=IPv4Address("127.121.0.0"), hosts=True)
    params.claim()
    home = HostsFolder(params)
    home.make()
    authority.make(params)
    credentials.make(params)
    operators.make(params)
    with machine_of(home, golden_image.provide(print)) as machine:
        hosts = {role: server(machine, role, port) for role, port in PORTS.items()}
        for one in hosts.values():
            machine.life.create(one)
        yield Town(machine, hosts, params)


def test_an_application_is_ready_with_a_certificate_of_its_own(town: Town) -> None:
    assert "200" in town.asks("application", https.PROBE, Page(path="/readyz", port=443))
    host = town.hosts["application"]
    assert town.machine.run(host, "stat", "-c%a %U:%G", "/etc/ssl/service/key.pem") == "640 root:service-tls"
    assert town.machine.run(host, "stat", "-c%a", "/run/config-drive/openstack/latest/vendor_data.json") == "600"


@pytest.mark.parametrize("path", ["/readyz", "/catalogue.json", "/tiles/1/0/1.png"])
def test_a_web_server_serves_open_data_and_tiles_of_a_map(town: Town, path: str) -> None:
    assert "200" in town.asks("web", https.PROBE, Page(path=path, port=443))


def test_a_name_server_answers_with_authority_for_its_zone(town: Town) -> None:
    wanted = Name(name="dns.example.test", kind="A", values=(OWN,), authoritative=True, port=53)
    assert OWN in town.asks("dns", dns.PROBE, wanted)


def test_a_broker_lets_in_its_user_and_nobody_else(town: Town) -> None:
    own = mqtt.Broker(port=8883, user="probe", password=f"file:{credentials.password(town.params)}")
    assert "MQTT" in town.asks("broker", mqtt.PROBE, own)
    assert town.asked("broker", mqtt.PROBE, replace(own, user="other")).failure is Failure.NOT_LET_IN
    assert town.asked("broker", mqtt.PROBE, replace(own, user="", password="")).failure is Failure.NOT_LET_IN


def test_a_radius_server_lets_in_a_user_whom_a_known_client_asks_for(town: Town) -> None:
    password, shared = (f"file:{file(town.params)}" for file in (credentials.password, credentials.radius))
    asks = radius.Server(port=1812, secret=shared, user="probe", password=password)
    assert "Access-Accept" in town.asks("radius", radius.PROBE, asks)
    assert town.asked("radius", radius.PROBE, replace(asks, password=shared)).failure is Failure.NOT_LET_IN
    assert town.asked("radius", radius.PROBE, replace(asks, secret=password)).failure is not None


def test_an_openid_provider_says_what_it_offers_and_names_itself_as_its_city_does(town: Town) -> None:
    offers = Page(path="/.well-known/openid-configuration", port=443, text='"issuer": "https://identity.example.test"')
    assert "200" in town.asks("identity", https.PROBE, offers)
    assert "200" in town.asks("identity", https.PROBE, Page(path="/jwks", port=443, text='"kid"'))
    wanted = "/authorize?response_type=code&client_id=lab&redirect_uri=http://127.0.0.1:8400/signed-in&scope=openid"
    asked = f"{wanted}&code_challenge={'a' * 43}&code_challenge_method=S256"
    assert "200" in town.asks("identity", https.PROBE, Page(path=asked, port=443, text="current-password"))
    assert "200" in town.asks("identity", https.PROBE, Page(path="/readyz", port=443))


def test_a_mail_server_takes_and_delivers_what_is_for_its_zone_and_relays_nothing(town: Town) -> None:
    assert "SMTP" in town.asks("mail", smtp.PROBE, smtp.Mail(port=25))
    host = town.hosts["mail"]
    with inside(town.machine.name(host)), smtplib.SMTP(OWN, 25, timeout=120) as line:
        line.sendmail("resident@example.net", ["postmaster@example.test"], "Subject: hello\n\nA broken lamp.\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="Relay access denied"):
            line.sendmail("resident@example.net", ["someone@example.org"], "Subject: no\n\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="unknown"):
            line.sendmail("resident@example.net", ["nobody@example.test"], "Subject: no\n\n")
    until(lambda: "A broken lamp" in delivered(town))


def delivered(town: Town) -> str:
    folder = "/var/mail/service/postmaster/new"
    found = town.machine.run(town.hosts["mail"], "find", "/var/mail/service", "-path", f"{folder}/*")
    return "".join(town.machine.run(town.hosts["mail"], "cat", file) for file in found.splitlines())


@pytest.mark.parametrize("role", PORTS)
def test_a_host_keeps_what_its_role_promises_and_opens_nothing_else(town: Town, role: str) -> None:
    """What a city declares of its service, what the role promises and what every host promises, held to the kernel."""
    host = town.hosts[role]
    town.machine.booted(host)
    promised = roles.promises(["host", role]).values()
    listens = {Listener(port=port, protocol=protocol) for one in promised for port, protocol in one.listens}
    if role == "application":
        listens.add(Listener(port=443))
    promises = Promises(
        listens=frozenset(listens),
        runs=tuple(unit for one in promised for unit in one.runs),
        packages=tuple(name for one in promised for name in one.packages),
    )
    console = town.machine.life.home.of(host.id).console.read_text(encoding="utf-8", errors="replace")
    named = Host(name=host.hostname, site="datacentre", address=IPv4Address(OWN), keys=keys_on(console))
    access = Access(user="root", identity=operators.private(town.params))

    def dial(_: Host) -> socket.socket:
        with inside(town.machine.name(host)):
            return socket.create_connection((OWN, 22), 60)

    found = verify(named, access, promises, dial)
    assert [one for one in found if one.status is not Status.OK] == []
