"""What the APIs answer, read into what was seen: recorded answers over HTTP, with the faults that real clouds have."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from drs.observed import (
    PARTS,
    SeenListener,
    SeenMember,
    SeenQuota,
    SeenRule,
    SeenSite,
    Unseen,
    known,
)
from drs.site import OpenStackSite
from tests.drs.recorded import PROJECT, Cloud, serving
from tests.drs.test_site import clouds

FLAVOURS = "/compute/v2.1/flavors/detail"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serving() as cloud:
        yield cloud


def site(cloud: Cloud, folder: Path, *, timeout_s: float = 20, deadline_s: float = 60) -> OpenStackSite:
    file = clouds(folder, f"{cloud.url}/identity/v3")
    return OpenStackSite(site="recovery", cloud="recovery", clouds=file, timeout_s=timeout_s, deadline_s=deadline_s)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> SeenSite:
    with serving() as cloud:
        return site(cloud, tmp_path_factory.mktemp("clouds")).observe()


@pytest.mark.slow
def test_every_part_is_read(seen: SeenSite) -> None:
    assert seen.unseen == {}
    assert all(known(getattr(seen, part)) for part in PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_each_field_is_read_and_not_left_at_its_default(part: str, seen: SeenSite) -> None:
    """The recorded cloud has something out of the ordinary everywhere."""
    thing = known(getattr(seen, part))[0]
    unread = [field.name for field in fields(thing) if field.default is not MISSING]
    assert [name for name in unread if getattr(thing, name) == _default(thing, name)] == []


def _default(thing: object, name: str) -> object:
    return next(field.default for field in fields(thing) if field.name == name)  # type: ignore[arg-type]  # a Seen one


def test_what_a_server_is_in_and_of_which_flavour(seen: SeenSite) -> None:
    found = [(one.name, one.ready, one.trouble, one.flavour, one.service) for one in known(seen.servers)]
    assert found == [
        ("identity-1", False, "VERIFY_RESIZE", "large", "identity"),
        ("identity-2", True, "", "small", ""),
    ]


def test_the_newest_whole_copy_is_believed_and_only_with_a_moment_that_says_its_zone(seen: SeenSite) -> None:
    noted, guessed = known(seen.volumes)
    assert (noted.copy_of, noted.data_as_of) == (
        "datacentre/identity-1-data",
        datetime(2030, 3, 31, 11, 58, tzinfo=UTC),
    )
    assert (guessed.copy_of, guessed.data_as_of) == ("datacentre/identity-2-data", None), "`last night` is no moment"
    assert noted.trouble == "error" and noted.attached_to == "s-1"


def test_rules_keep_foreign_groups_and_both_families_and_only_neutrons_own_are_left_out(seen: SeenSite) -> None:
    (group,) = known(seen.groups)
    assert group.rules == {
        SeenRule(direction="ingress", protocol="any", ports="any", remote="::/0", family="IPv6"),
        SeenRule(direction="ingress", protocol="udp", ports="1000-1010", remote="group:g-foreign"),
        SeenRule(direction="ingress", protocol="tcp", ports="443", remote="10.2.1.48/29"),
    }
    assert not group.egress, "the rule for leaving by IPv6 is gone"


def test_a_port_tells_its_groups_by_name_foreign_ones_by_id_and_routers_ports_are_not_ours(seen: SeenSite) -> None:
    (port,) = known(seen.ports)
    assert (port.name, port.groups, port.guarded) == ("identity-1", frozenset({"identity", "g-of-somebody"}), False)


def test_a_balancer_is_seen_down_to_each_member(seen: SeenSite) -> None:
    (balancer,) = known(seen.balancers)
    members = {
        SeenMember(address="10.2.1.49", port=443),
        SeenMember(address="10.2.1.99", port=8443, trouble="ERROR"),
    }
    (listener,) = balancer.listeners
    clients = frozenset({IPv4Network("10.2.1.48/29")})
    assert listener == SeenListener(
        protocol="TCP", port=443, clients=clients, members=frozenset(members), trouble="off", name="identity"
    )


def test_quotas_are_asked_of_all_four_services_with_what_is_promised_already(seen: SeenSite) -> None:
    quotas = {quota.resource: quota for quota in known(seen.quotas)}
    assert quotas["floating_ips"] == SeenQuota(resource="floating_ips", limit=3, used=3), "one of them is reserved"
    assert quotas["ram_mb"].limit is None and quotas["load_balancers"].free == 6
    assert quotas["server_groups"].free == 1 and quotas["volume_gb"].free == 996
    assert quotas["server_group_members"].free == 6 and quotas["gb_of_one_volume"].free == 100


@pytest.mark.slow
def test_a_cloud_that_keeps_its_largest_volume_to_itself_tells_all_other_quotas(tmp_path: Path) -> None:
    with serving() as cloud:
        cloud.faults[f"/volume/v3/{PROJECT}/os-quota-sets/{PROJECT}"] = [403]
        told = {quota.resource for quota in known(site(cloud, tmp_path).observe().quotas)}
    assert "gb_of_one_volume" not in told and {"volumes", "ports", "load_balancers"} <= told


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [pytest.param(FLAVOURS, id="Nova"), pytest.param("/identity/v3/auth/tokens", id="Keystone")]
)
def test_a_service_that_is_unavailable_once_is_asked_again(path: str, cloud: Cloud, tmp_path: Path) -> None:
    cloud.faults[path] = [503]
    assert site(cloud, tmp_path).observe().unseen == {}
    assert cloud.faults[path] == []


@pytest.mark.slow
def test_a_service_that_stays_unavailable_hides_its_own_parts_alone(cloud: Cloud, tmp_path: Path) -> None:
    cloud.faults[FLAVOURS] = [503] * 100
    assert set(site(cloud, tmp_path).observe().unseen) == {"flavours", "servers"}


@pytest.mark.slow
def test_what_is_refused_is_not_asked_again(cloud: Cloud, tmp_path: Path) -> None:
    cloud.faults["/compute/v2.1/os-keypairs"] = [403] * 100
    assert set(site(cloud, tmp_path).observe().unseen) == {"keys"}
    assert cloud.asked.count("/compute/v2.1/os-keypairs") == 1


@pytest.mark.slow
def test_a_call_that_hangs_is_given_up_and_the_rest_is_seen(cloud: Cloud, tmp_path: Path) -> None:
    cloud.hanging.add("/dns/v2/zones/z-1/recordsets")
    seen = site(cloud, tmp_path, timeout_s=5).observe()
    (reason,) = seen.unseen.values()
    assert set(seen.unseen) == {"records"} and re.fullmatch(r"it does not answer in \d+ s", reason)


@pytest.mark.slow
def test_a_site_that_is_not_read_in_time_is_given_up_as_a_whole(cloud: Cloud, tmp_path: Path) -> None:
    """The call itself may wait for long: what bounds it is the deadline of the site."""
    cloud.hanging.add("/image/v2/images")
    seen = site(cloud, tmp_path, deadline_s=1).observe()
    assert seen.images == Unseen(reason="it was not done after 1 s")
