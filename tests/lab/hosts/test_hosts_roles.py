"""Each role answers for what it is: on a guest of its own from the image that the lab offers, asked by the probe of its
own kind, and held to what it promises."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from lab.hosts import authority, city_image, leftovers
from lab.hosts.folder import HostsFolder
from lab.hosts.guest import Guest
from lab.hosts.life import Life
from lab.net.kernel import inside
from lab.openstack.environment import alone, cache_home
from lab.params import LabParams
from monitoring.probes import https
from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found, Probe, Spec
from monitoring.probing.trip import Way
from monitoring.probing.web import Page
from tests.lab.hosts.conftest import Machine, in_glance

pytestmark = pytest.mark.slow
OWN = "127.0.0.1"
"""Where a guest without a cable is asked: in its own network namespace. Its certificate is for this address too."""


@dataclass
class Town:
    """Hosts of roles, side by side."""

    machine: Machine
    hosts: dict[str, Guest]
    trust: Path

    def asks(self, role: str, probe: Probe[Any], spec: Spec) -> str:
        """What its good answer was, as soon as there is one. Raises AssertionError with the last one that was not."""
        deadline = time.monotonic() + 60
        while (found := self._asked(role, Ask(probe=probe, host=OWN, spec=spec, deadline_s=5.0))).failure is not None:
            assert time.monotonic() < deadline, f"{role}: {found}"
            time.sleep(0.1)
        return found.detail

    def _asked(self, role: str, ask: Ask) -> Found:
        with inside(self.machine.name(self.hosts[role])):
            return asyncio.run(look(ask, Way(trust=str(self.trust))))


def server(machine: Machine, role: str, port: int, **meta: str) -> Guest:
    told = {"service": role, "site": "datacentre", "port": str(port), "roles": role, "fqdn": f"{role}.example.test"}
    made = machine.guest(hostname=f"{role}-1")
    drive = {
        **made.drive,
        "openstack/latest/meta_data.json": json.dumps({"name": f"{role}-1", "meta": {**told, **meta}}),
        "openstack/latest/network_data.json": json.dumps({"networks": [{"ip_address": OWN}]}),
    }
    return Guest.of({**made.as_json(), "drive": drive})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    root = tmp_path_factory.mktemp("town") / "lab"
    params = LabParams(name="t", root=root, base_port=17_440, base_address=IPv4Address("127.121.0.0"), hosts=True)
    params.claim()
    home = HostsFolder(params)
    home.make()
    authority.make(params)
    with alone(cache_home() / "hosts" / "tests.lock"):
        machine = Machine(Life(home), in_glance(home, city_image.provide(print)))
        try:
            hosts = {role: server(machine, role, port) for role, port in {"application": 443}.items()}
            for one in hosts.values():
                machine.life.create(one)
            yield Town(machine, hosts, params.trust)
        finally:
            for folder in list(home.all()):
                machine.life.delete(folder.id)
            left = leftovers.remove(machine.life)
        assert left == []


def test_an_application_is_ready_with_a_certificate_of_its_own(town: Town) -> None:
    assert "200" in town.asks("application", https.PROBE, Page(path="/readyz", port=443))
    host = town.hosts["application"]
    assert town.machine.run(host, "stat", "-c%a %U:%G", "/etc/ssl/service/key.pem") == "640 root:service-tls"
    assert town.machine.run(host, "stat", "-c%a", "/run/config-drive/openstack/latest/vendor_data.json") == "600"
