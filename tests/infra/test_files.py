"""Copies of files between the sites: who is told of them, and who may come to a vault."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from city.model.city import City
from city.model.places import SiteRole
from city.model.services import Backup, Recovery, Service
from city.model.vaults import copied, every, vault
from infra import files
from infra.blocks import block_of
from infra.flows import gates, openings, past_the_balancer

MakeService = Callable[..., Service]
MakeCity = Callable[..., City]


@pytest.fixture
def city(make_service: MakeService, make_city: MakeCity) -> City:
    """`watch` is the vault; `shop` has files and a copy of them, `plain` has files and none."""

    def of(name: str, *roles: str, backup: Backup | None = None) -> Service:
        made = make_service(name)
        assert made.workload is not None
        workload = replace(made.workload, roles=roles, volume_gb=2)
        return replace(made, workload=workload, backup=backup, rpo=timedelta(minutes=30), recovery=Recovery.ACTIVE)

    kept = Backup(to="recovery", every=timedelta(hours=1), keep=timedelta(days=9))
    return make_city(of("watch", "web", "vault", backup=kept), of("shop", backup=kept), of("plain", "web"))


def test_copied_are_the_files_of_services_with_a_volume_and_a_backup(city: City) -> None:
    assert [one.id for one in copied(city)] == ["watch", "shop"]
    assert every(city.service("shop")) == timedelta(minutes=30), "no copy of files may be older than the RPO"


def test_a_member_copies_its_files_beside_what_it_is(city: City) -> None:
    assert files.roles(city, city.service("shop")) == ("application", "files")
    assert files.roles(city, city.service("watch")) == ("web", "vault", "files")
    assert files.roles(city, city.service("plain")) == ("web",)


@pytest.mark.parametrize("role", [SiteRole.DATACENTRE, SiteRole.RECOVERY])
def test_a_member_is_told_of_the_vault_at_its_own_site_and_of_the_one_at_the_other(city: City, role: SiteRole) -> None:
    keeper = city.service("watch")
    (other,) = {SiteRole.DATACENTRE, SiteRole.RECOVERY} - {role}
    own, far = (str(block_of(city, city.site_of(one), keeper).member(0)) for one in (role, other))
    wanted = {"site_role": role.value, "vault_here": own, "vault_there": far, "backup_every": "1800"}
    assert files.told(city, role, city.service("shop")) == wanted
    assert files.told(city, role, keeper) == {**wanted, "vault_keep": str(9 * 86400)}
    assert files.told(city, role, city.service("plain")) == {}


def test_only_hosts_whose_files_are_copied_come_to_a_vault_and_to_its_members_themselves(city: City) -> None:
    site = city.site_of(SiteRole.RECOVERY)
    keeper = city.service("watch")
    assert keeper.workload is not None
    opened = openings(city, site, keeper.workload)
    ways = past_the_balancer(opened, keeper.workload)
    blocks = {
        block_of(city, city.site_of(role), city.service(name)).cidr
        for role in (SiteRole.DATACENTRE, SiteRole.RECOVERY)
        for name in ("watch", "shop")
    }
    assert {one.source for one in ways if one.port == files.VAULT_PORT} == blocks
    assert ("tcp", files.VAULT_PORT) not in gates(opened, keeper.workload)
    shop = city.service("shop").workload
    assert shop is not None
    assert files.VAULT_PORT not in {one.port for one in openings(city, site, shop)}


def test_without_a_vault_nothing_is_copied(city: City) -> None:
    bare = replace(city, services=tuple(one for one in city.services if one.id != "watch"))
    assert vault(bare) is None and not copied(bare)
    assert files.roles(bare, bare.service("shop")) == ()
    assert files.told(bare, SiteRole.RECOVERY, bare.service("shop")) == {}
