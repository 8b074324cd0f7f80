from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import InvalidInput
from city.model.city import City
from lab.openstack.spec import RegionSpec, keep, kept_specs, specs


def test_the_citys_sites_are_the_labs_regions(thessaloniki: City, spec: RegionSpec) -> None:
    found = specs(spec.params, thessaloniki)
    assert [(p.index, p.cloud) for p in found] == [(0, "datacentre"), (1, "recovery")]
    assert [p.name for p in found] == [thessaloniki.site(p.cloud).region for p in found]


def test_each_zone_has_two_hosts_that_name_it(spec: RegionSpec) -> None:
    assert spec.hosts == {"az1": ("r2-az1-c1", "r2-az1-c2"), "az2": ("r2-az2-c1", "r2-az2-c2")}
    assert spec.all_hosts == ("r2-az1-c1", "r2-az1-c2", "r2-az2-c1", "r2-az2-c2")


def test_regions_share_no_folder_port_or_secret(thessaloniki: City, spec: RegionSpec) -> None:
    one, two = specs(spec.params, thessaloniki)
    assert len({one.folder, two.folder, one.logs, two.logs, one.secret("admin"), two.secret("admin")}) == 6
    assert one.auth_url != two.auth_url


def test_a_kept_region_needs_no_city(tmp_path: Path, spec: RegionSpec) -> None:
    params = replace(spec.params, root=tmp_path)
    two = replace(spec, params=params)
    one = replace(two, index=0, name="RegionOne", cloud="datacentre")
    for region in (two, one):
        keep(region)
    assert kept_specs(params) == (one, two)


def test_a_lab_that_was_never_up_has_no_regions(tmp_path: Path, spec: RegionSpec) -> None:
    assert kept_specs(replace(spec.params, root=tmp_path)) == ()


@pytest.mark.parametrize(("length", "fits"), [(60, True), (100, False)])
def test_a_folder_too_deep_for_a_socket_is_refused(spec: RegionSpec, length: int, *, fits: bool) -> None:
    params = replace(spec.params, root=Path("/" + "x" * length))
    if fits:
        assert replace(spec, params=params).socket.name == "db.sock"
        return
    with pytest.raises(InvalidInput, match="shorter folder"):
        replace(spec, params=params)
