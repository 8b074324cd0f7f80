"""A real region whose load balancers balance and whose zones are served: what OpenStack says is what is so."""

import ssl
import subprocess
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import openstack
import pytest
from openstack.connection import Connection
from openstack.exceptions import HttpException
from openstack.load_balancer.v2.pool import Pool
from openstack.resource import Resource

from lab import daemon
from lab.balancing import process as balancing
from lab.balancing.packages import NEEDS as BALANCING
from lab.names import process as names
from lab.names.packages import NEEDS as NAMES
from lab.names.places import endpoints
from lab.names.question import serial
from lab.net.names import device
from lab.openstack import clouds, folders, keystone, region, template
from lab.openstack.environment import alone, provide
from lab.openstack.spec import RegionSpec, keep
from lab.params import LabParams
from lab.system import as_root
from tests.lab.packages import have
from tests.waiting import until

pytestmark = pytest.mark.slow
SERVICES = ("keystone", "neutron", "designate", "octavia")
ZONE = "entrance.test."


class Cloud:
    """One region with four services of OpenStack, and the agents of its entrances, which each test starts."""

    def __init__(self, spec: RegionSpec, connection: Connection) -> None:
        self.spec, self.params, self.connection = spec, spec.params, connection
        self.balancers, self.zones = connection.load_balancer, connection.dns
        self.by = as_root()
        assert self.by is not None, "load balancers take root, or sudo"

    def status(self, balancer: Resource) -> tuple[str, str]:
        found = self.balancers.get_load_balancer(balancer.id)
        return str(found.provisioning_status), str(found.operating_status)

    def active(self, balancer: Resource) -> None:
        until(lambda: self.status(balancer)[0] == "ACTIVE")

    def member(self, member: Resource, pool: Pool) -> str:
        return str(self.balancers.get_member(member.id, pool).operating_status)

    def zone(self, zone: Resource) -> str:
        return str(self.zones.get_zone(zone.id).status)

    def serial(self) -> int | None:
        return serial(endpoints(self.params, self.spec.index)[0], ZONE)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, lab_params: LabParams) -> Iterator[Cloud]:
    have((*BALANCING, *NAMES))
    root = tmp_path_factory.mktemp("e") / "lab"
    params = LabParams(
        name="entrance", root=root, base_port=26_400, base_address=IPv4Address("127.126.0.0"), hosts=True
    )
    spec = RegionSpec(params=params, index=0, name="RegionOne", cloud="datacentre", zones=("az1",))
    with alone(lab_params.root.with_name(".entrance.tests")):
        params.claim()
        keep(spec)
        environment = provide(print)
        template.prepare(spec, environment)
        template.restore(spec, template.ensure(spec, environment, print))
        try:
            region.start(spec, environment, print, SERVICES)
            password = template.password(spec, keystone.ADMIN)
            folders.write_private(params.clouds_yaml, clouds.clouds_yaml([(spec, password)]))
            config = openstack.config.OpenStackConfig(config_files=[str(params.clouds_yaml)], load_envvars=False)
            with Connection(config=config.get_one(cloud=spec.cloud)) as connection:
                yield Cloud(spec, connection)
        finally:
            names.down(params)
            balancing.down(params)
            region.stop(spec)


@pytest.fixture
def cloud(standing: Cloud) -> Iterator[Cloud]:
    """Without agents, and at the end without load balancers and zones."""
    yield standing
    names.up(standing.params, print)
    balancing.up(standing.params, print)
    for balancer in standing.balancers.load_balancers():
        until(lambda balancer=balancer: not standing.status(balancer)[0].startswith("PENDING"))  # type: ignore[misc]
        standing.balancers.delete_load_balancer(balancer, cascade=True)
    for zone in standing.zones.zones():
        standing.zones.delete_zone(zone)
    until(lambda: not list(standing.balancers.load_balancers()) and not list(standing.zones.zones()))
    daemon.kill([agent.pid_file(standing.params) for agent in (names.AGENT, balancing.AGENT)])


@pytest.fixture
def subnet(cloud: Cloud) -> Iterator[Resource]:
    network = cloud.connection.network.create_network(name="tier")
    yield cloud.connection.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.99.0.0/24")
    for balancer in cloud.balancers.load_balancers():
        until(lambda balancer=balancer: not cloud.status(balancer)[0].startswith("PENDING"))  # type: ignore[misc]
        cloud.balancers.delete_load_balancer(balancer, cascade=True)
    until(lambda: not list(cloud.connection.network.ports(network_id=network.id)))
    cloud.connection.network.delete_network(network)


def test_a_zone_is_active_once_it_is_served_and_gone_once_it_is_not(cloud: Cloud) -> None:
    zone = cloud.zones.create_zone(name=ZONE, email="hostmaster@entrance.test", ttl=60)
    time.sleep(2)
    assert cloud.zone(zone) == "PENDING" and cloud.serial() is None, "nobody serves it yet"
    names.up(cloud.params, print)
    until(lambda: cloud.zone(zone) == "ACTIVE")
    assert cloud.serial() == cloud.zones.get_zone(zone.id).serial
    record = cloud.zones.create_recordset(zone, name=f"www.{ZONE}", type="A", records=["10.1.1.1"], ttl=30)
    until(lambda: cloud.zones.get_recordset(record.id, zone).status == "ACTIVE")
    assert cloud.serial() == cloud.zones.get_zone(zone.id).serial
    cloud.zones.delete_zone(zone)
    until(lambda: zone.id not in {found.id for found in cloud.zones.zones()})
    assert cloud.serial() is None


def test_a_load_balancer_is_active_once_it_runs_and_tells_how_its_members_are(cloud: Cloud, subnet: Resource) -> None:
    balancer = cloud.balancers.create_load_balancer(name="lb", vip_subnet_id=subnet.id)
    time.sleep(2)
    assert cloud.status(balancer) == ("PENDING_CREATE", "OFFLINE"), "nothing runs yet"
    balancing.up(cloud.params, print)
    until(lambda: cloud.status(balancer) == ("ACTIVE", "ONLINE"))
    assert Path("/run/netns", device(cloud.params, f"lb-{balancer.id}")).exists()
    listener = cloud.balancers.create_listener(protocol="TCP", protocol_port=443, load_balancer_id=balancer.id)
    cloud.active(balancer)
    pool = cloud.balancers.create_pool(protocol="TCP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id)
    cloud.active(balancer)
    member = cloud.balancers.create_member(pool, address="10.99.0.7", protocol_port=443, subnet_id=subnet.id)
    cloud.active(balancer)
    until(lambda: cloud.member(member, pool) == "NO_MONITOR")
    cloud.balancers.create_health_monitor(pool_id=pool.id, type="TCP", delay=1, timeout=1, max_retries=1)
    until(lambda: cloud.member(member, pool) == "ERROR")
    until(lambda: cloud.status(balancer) == ("ACTIVE", "ERROR"))
    assert cloud.balancers.get_pool(pool.id).operating_status == "ERROR"
    cloud.active(balancer)
    cloud.balancers.update_member(member, pool, is_admin_state_up=False)
    until(lambda: cloud.member(member, pool) == "OFFLINE" and cloud.status(balancer) == ("ACTIVE", "ONLINE"))
    cloud.balancers.delete_load_balancer(balancer, cascade=True)
    until(lambda: not list(cloud.balancers.load_balancers()))
    assert not Path("/run/netns", device(cloud.params, f"lb-{balancer.id}")).exists()


def test_the_virtual_address_lets_in_whom_the_listener_declares(cloud: Cloud, subnet: Resource) -> None:
    balancing.up(cloud.params, print)
    balancer = cloud.balancers.create_load_balancer(name="lb", vip_subnet_id=subnet.id)
    cloud.active(balancer)
    listener = cloud.balancers.create_listener(
        protocol="TCP", protocol_port=443, load_balancer_id=balancer.id, allowed_cidrs=["10.1.0.0/16", "10.2.0.0/16"]
    )
    cloud.active(balancer)
    port = cloud.connection.network.get_port(cloud.balancers.get_load_balancer(balancer.id).vip_port_id)
    assert port.is_admin_state_up and port.device_id == f"lb-{balancer.id}"

    def openings() -> set[tuple[int, str]]:
        [group] = cloud.connection.network.get_port(port.id).security_group_ids
        rules = cloud.connection.network.security_group_rules(security_group_id=group, direction="ingress")
        return {(rule.port_range_min, rule.remote_ip_prefix) for rule in rules}

    assert openings() == {(443, "10.1.0.0/16"), (443, "10.2.0.0/16")}
    cloud.balancers.update_listener(listener, allowed_cidrs=["10.2.0.0/16"])
    cloud.active(balancer)
    assert openings() == {(443, "10.2.0.0/16")}
    cloud.balancers.delete_listener(listener)
    cloud.active(balancer)
    assert openings() == set()


def test_what_haproxy_cannot_do_octavia_refuses_with_the_reason(cloud: Cloud, subnet: Resource) -> None:
    balancing.up(cloud.params, print)
    balancer = cloud.balancers.create_load_balancer(name="lb", vip_subnet_id=subnet.id)
    cloud.active(balancer)
    with pytest.raises(HttpException, match="the algorithm SOURCE_IP_PORT"):
        cloud.balancers.create_pool(protocol="TCP", lb_algorithm="SOURCE_IP_PORT", loadbalancer_id=balancer.id)
    assert cloud.status(balancer)[0] == "ACTIVE" and list(cloud.balancers.listeners()) == []


def test_tls_ends_where_octavia_says_with_the_certificate_that_it_knows(cloud: Cloud, subnet: Resource) -> None:
    balancing.up(cloud.params, print)
    kept = cloud.spec.certificates
    options = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=www")
    files = ("-keyout", str(kept / "city.key"), "-out", str(kept / "city.crt"))
    subprocess.run(["/usr/bin/openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    balancer = cloud.balancers.create_load_balancer(name="lb", vip_subnet_id=subnet.id)
    cloud.active(balancer)
    cloud.balancers.create_listener(
        protocol="TERMINATED_HTTPS",
        protocol_port=443,
        load_balancer_id=balancer.id,
        default_tls_container_ref="city",
    )
    cloud.active(balancer)
    inside = ("/usr/sbin/ip", "netns", "exec", device(cloud.params, f"lb-{balancer.id}"))
    address = cloud.balancers.get_load_balancer(balancer.id).vip_address
    subprocess.run([*inside, "/usr/sbin/ip", "address", "add", address, "dev", "lo"], check=True)
    client = [*inside, "/usr/bin/openssl", "s_client", "-connect", f"{address}:443", "-servername", "www"]
    shown = subprocess.run(client, input="", capture_output=True, text=True, check=False).stdout
    assert ssl.PEM_cert_to_DER_cert((kept / "city.crt").read_text()) == ssl.PEM_cert_to_DER_cert(_first(shown))
    with pytest.raises(HttpException, match="lost"):
        cloud.balancers.create_listener(
            protocol="TERMINATED_HTTPS",
            protocol_port=444,
            load_balancer_id=balancer.id,
            default_tls_container_ref="lost",
        )


def _first(shown: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return begin + shown.partition(begin)[2].partition(end)[0] + end
