"""What every program above relies on in a region, asked of the real services."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import openstack
import pytest
from keystoneauth1.exceptions import ConnectFailure, Unauthorized
from openstack.connection import Connection
from openstack.exceptions import SDKException

from lab import daemon
from lab.openstack import region
from lab.openstack import regions as both
from lab.openstack.processes import NAMES
from lab.openstack.spec import HOSTS_PER_ZONE, RegionSpec
from lab.params import LabParams
from tests.waiting import until

pytestmark = pytest.mark.lab
LIMIT_S = 300
Undo = Callable[[Callable[[], object]], object]


def connect(spec: RegionSpec) -> Connection:
    """As an operator would: by clouds.yaml."""
    config = openstack.config.OpenStackConfig(config_files=[str(spec.params.clouds_yaml)], load_envvars=False)
    return Connection(config=config.get_one(cloud=spec.cloud))


@pytest.fixture
def spec(regions: tuple[RegionSpec, ...]) -> RegionSpec:
    """The recovery site's: both are made from the same template, and this one is never the first."""
    return regions[1]


@pytest.fixture
def cloud(spec: RegionSpec) -> Iterator[Connection]:
    with connect(spec) as connection:
        yield connection


@pytest.fixture
def tag() -> str:
    return f"contract-{uuid4().hex[:8]}"


@pytest.fixture
def undo() -> Iterator[Undo]:
    """Takes what is to be deleted at the end, the last first."""
    with ExitStack() as stack:
        yield stack.callback


@pytest.fixture
def network(cloud: Connection, tag: str, undo: Undo) -> tuple[str, str]:
    """The ids of a network and of its subnet."""
    made = cloud.network.create_network(name=tag)
    undo(lambda: cloud.network.delete_network(made))
    subnet = cloud.network.create_subnet(network_id=made.id, ip_version=4, cidr="10.99.0.0/24", name=tag)
    return made.id, subnet.id


@pytest.fixture
def boot(cloud: Connection, tag: str, network: tuple[str, str], undo: Undo) -> Callable[[str], str]:
    """Makes a server in a zone, never beside another of the test, and returns its id when it is active."""
    flavor = cloud.compute.create_flavor(name=tag, ram=512, vcpus=1, disk=1)
    undo(lambda: cloud.compute.delete_flavor(flavor))
    image = cloud.image.create_image(name=tag, data=bytes(512), disk_format="raw", container_format="bare", wait=True)
    undo(lambda: cloud.image.delete_image(image.id))
    group = cloud.compute.create_server_group(name=tag, policy="anti-affinity")
    undo(lambda: cloud.compute.delete_server_group(group))

    def delete(server: str) -> None:
        cloud.compute.delete_server(server)
        until(lambda: server not in {found.id for found in cloud.compute.servers(details=False)})

    def make(zone: str) -> str:
        server = cloud.compute.create_server(
            name=f"{tag}-{zone}",
            flavor_id=flavor.id,
            image_id=image.id,
            networks=[{"uuid": network[0]}],
            availability_zone=zone,
            scheduler_hints={"group": group.id},
        )
        undo(lambda: delete(server.id))
        cloud.compute.wait_for_server(server, interval=0.2, wait=LIMIT_S)
        return str(server.id)

    return make


def test_anti_affine_servers_stand_on_hosts_of_the_zones_they_asked_for(
    cloud: Connection, spec: RegionSpec, boot: Callable[[str], str]
) -> None:
    zones = ["az1", "az1", "az2"]
    servers = [cloud.compute.get_server(boot(zone)) for zone in zones]
    assert [server.availability_zone for server in servers] == zones
    hosts = [server.compute_host for server in servers]
    assert set(hosts[:2]) == set(spec.hosts["az1"]) and hosts[2] in spec.hosts["az2"]


def test_one_server_too_many_finds_no_host(cloud: Connection, tag: str, boot: Callable[[str], str]) -> None:
    for _ in range(HOSTS_PER_ZONE):
        boot("az1")
    with pytest.raises(SDKException):
        boot("az1")
    seen = [server.status for server in cloud.compute.servers(name=tag)]
    assert sorted(seen) == ["ACTIVE"] * HOSTS_PER_ZONE + ["ERROR"]


def test_a_data_volume_is_made_in_its_zone_and_attached(
    cloud: Connection, tag: str, boot: Callable[[str], str], undo: Undo
) -> None:
    server = boot("az2")
    volume = cloud.block_storage.create_volume(size=1, name=tag, availability_zone="az2")
    undo(lambda: cloud.block_storage.delete_volume(volume.id))
    cloud.block_storage.wait_for_status(volume, "available", interval=0.2, wait=LIMIT_S)
    assert cloud.block_storage.get_volume(volume.id).availability_zone == "az2"
    attachment = cloud.compute.create_volume_attachment(server, volume_id=volume.id)
    cloud.block_storage.wait_for_status(volume, "in-use", interval=0.2, wait=LIMIT_S)
    cloud.compute.delete_volume_attachment(server, attachment.volume_id)
    cloud.block_storage.wait_for_status(volume, "available", interval=0.2, wait=LIMIT_S)


def test_a_floating_address_is_active_while_it_points_to_a_port(
    cloud: Connection, tag: str, network: tuple[str, str], undo: Undo
) -> None:
    outside = cloud.network.create_network(
        name=f"{tag}-outside",
        is_router_external=True,
        provider_network_type="vlan",
        provider_physical_network="physnet1",
        provider_segmentation_id=4001,
    )
    undo(lambda: cloud.network.delete_network(outside))
    cloud.network.create_subnet(network_id=outside.id, ip_version=4, cidr="198.51.100.0/24", enable_dhcp=False)
    router = cloud.network.create_router(name=tag, external_gateway_info={"network_id": outside.id})
    undo(lambda: cloud.network.delete_router(router))
    cloud.network.add_interface_to_router(router, subnet=network[1])
    undo(lambda: cloud.network.remove_interface_from_router(router, subnet=network[1]))
    port = cloud.network.create_port(network_id=network[0], name=tag)
    undo(lambda: cloud.network.delete_port(port))
    address = cloud.network.create_ip(floating_network_id=outside.id, port_id=port.id)
    undo(lambda: cloud.network.delete_ip(address))
    until(lambda: cloud.network.get_ip(address.id).status == "ACTIVE")
    cloud.network.update_ip(address, port_id=None)
    until(lambda: cloud.network.get_ip(address.id).status == "DOWN")


def test_a_load_balancer_settles_with_all_its_parts_and_goes(
    cloud: Connection, tag: str, network: tuple[str, str]
) -> None:
    service = cloud.load_balancer
    balancer = service.create_load_balancer(name=tag, vip_subnet_id=network[1])

    def settled() -> None:
        until(lambda: bool(service.get_load_balancer(balancer.id).provisioning_status == "ACTIVE"))

    settled()
    listener = service.create_listener(name=tag, protocol="TCP", protocol_port=443, load_balancer_id=balancer.id)
    settled()
    pool = service.create_pool(name=tag, protocol="TCP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id)
    settled()
    service.create_member(pool, address="10.99.0.9", protocol_port=443, subnet_id=network[1])
    settled()
    service.create_health_monitor(pool_id=pool.id, type="TCP", delay=5, timeout=3, max_retries=3)
    settled()
    port = service.get_load_balancer(balancer.id).vip_port_id
    assert cloud.network.get_port(port).device_owner == "Octavia"
    service.delete_load_balancer(balancer, cascade=True)
    until(lambda: balancer.id not in {found.id for found in service.load_balancers()})
    assert cloud.network.find_port(port) is None


def test_a_record_is_active_and_its_zone_gets_a_new_serial(cloud: Connection, tag: str, undo: Undo) -> None:
    zone = cloud.dns.create_zone(name=f"{tag}.invalid.", email="dns@example.org", ttl=300)
    undo(lambda: cloud.dns.delete_zone(zone))
    until(lambda: bool(cloud.dns.get_zone(zone.id).status == "ACTIVE"))
    before = cloud.dns.get_zone(zone.id).serial
    until(lambda: time.time() >= before + 1)  # a serial number is the second of the change
    record = cloud.dns.create_recordset(zone, name=f"www.{zone.name}", type="A", records=["203.0.113.5"], ttl=60)
    until(lambda: bool(cloud.dns.get_recordset(record.id, zone).status == "ACTIVE"))
    until(lambda: bool(cloud.dns.get_zone(zone.id).serial > before))


def test_no_two_regions_share_an_address_or_an_id(regions: tuple[RegionSpec, ...]) -> None:
    seen = []
    for spec in regions:
        with connect(spec) as cloud:
            ids = {found.id for found in (*cloud.list_projects(), *cloud.list_users())}
            endpoints = cloud.list_endpoints()
        assert {endpoint.region_id for endpoint in endpoints} == {spec.name}
        seen.append((ids, {endpoint.url for endpoint in endpoints}))
    (ids, urls), (other_ids, other_urls) = seen
    assert len(ids) == len(other_ids) == 4
    assert ids.isdisjoint(other_ids) and urls.isdisjoint(other_urls)


def test_a_password_of_one_region_opens_no_other(regions: tuple[RegionSpec, ...]) -> None:
    one, two = regions
    with connect(one) as cloud:
        auth = {**cloud.config.config["auth"], "auth_url": two.auth_url}
    stranger = openstack.connect(load_envvars=False, load_yaml_config=False, auth=auth, region_name=two.name)
    with stranger, pytest.raises(Unauthorized):
        list(stranger.compute.flavors())


def listening() -> set[str]:
    """Addresses, in hex as /proc/net has them, on which some process of this machine listens."""
    found = set()
    for table, listens in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == listens:
                found.add(fields[1])
    return found


def test_nothing_of_a_region_listens_outside_loopback(regions: tuple[RegionSpec, ...]) -> None:
    ours = {f"{spec.port(api):04X}" for spec in regions for api in NAMES.values()}
    places = {place for place in listening() if place.rpartition(":")[2] in ours}
    assert {place.rpartition(":")[2] for place in places} == ours
    assert {place.rpartition(":")[0] for place in places} == {"0100007F"}


def test_passwords_are_in_private_files_only(regions: tuple[RegionSpec, ...], lab_params: LabParams) -> None:
    passwords = [file.read_bytes().strip() for file in lab_params.secrets.iterdir()]
    assert len(set(passwords)) == len(passwords) >= 2 * len(regions)
    for file in lab_params.logs.rglob("*"):
        assert not file.is_file() or not any(password in file.read_bytes() for password in passwords), file
    for file in (lab_params.clouds_yaml, *lab_params.secrets.iterdir(), *regions[0].etc.rglob("*.conf")):
        assert file.stat().st_mode & 0o077 == 0, file
    for spec in regions:
        for name in (*NAMES, region.MARIADB):
            process = daemon.find(spec.pid_file(name))
            assert process is not None
            told = b"".join(Path(f"/proc/{process.pid}/{what}").read_bytes() for what in ("cmdline", "environ"))
            assert not any(password in told for password in passwords), name


def test_a_stopped_service_is_seen_as_down_and_comes_back(
    spec: RegionSpec, cloud: Connection, lab_params: LabParams
) -> None:
    before = [image.id for image in cloud.image.images()]
    both.service_down(spec, "glance")
    states = {part.name: part.state for part in both.status(lab_params)}
    assert states[f"{spec.name} glance"] == "down"
    assert {state for name, state in states.items() if name != f"{spec.name} glance"} == {"up"}
    with pytest.raises(ConnectFailure):
        list(cloud.image.images())
    both.on(spec, print)
    assert [image.id for image in cloud.image.images()] == before


def test_a_region_that_lost_its_power_comes_back_with_all_it_had(
    spec: RegionSpec, cloud: Connection, boot: Callable[[str], str]
) -> None:
    server = boot("az1")
    region.cut_off(spec)
    with pytest.raises(ConnectFailure):
        cloud.compute.get_server(server)
    both.on(spec, print)
    with connect(spec) as again:
        assert again.compute.get_server(server).status == "ACTIVE"
        again.compute.stop_server(server)
        again.compute.wait_for_server(again.compute.get_server(server), status="SHUTOFF", interval=0.2, wait=LIMIT_S)


def test_a_region_just_started_takes_a_rush_of_first_requests(spec: RegionSpec, tag: str) -> None:
    region.stop(spec)
    both.on(spec, print)

    def work(number: int) -> str:
        with connect(spec) as cloud:
            network = cloud.network.create_network(name=f"{tag}-{number}")
            list(cloud.load_balancer.load_balancers())
            list(cloud.dns.zones())
            cloud.network.delete_network(network)
            return str(network.id)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 8
