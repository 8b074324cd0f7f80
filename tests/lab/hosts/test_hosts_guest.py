from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from lab.hosts.guest import Guest, Volume, server_id

ID = "0f0f0f0f-0000-4000-8000-00000000000a"
TOLD: dict[str, Any] = {
    "id": ID,
    "region": "RegionOne",
    "compute_host": "r1-az1-c1",
    "hostname": "portal-1",
    "image": {"id": ID, "algorithm": "sha512", "digest": "ab" * 64},
    "memory_mb": 2048,
    "disk_gb": 20,
    "drive": {"openstack/latest/meta_data.json": "{}"},
    "name_servers": ["192.0.2.53"],
    "volumes": [{"id": ID, "place": "/mnt/vdb"}],
}


def test_what_the_driver_tells_is_kept_and_read_again() -> None:
    assert Guest.of(Guest.of(TOLD).as_json()) == Guest.of(TOLD)
    assert Guest.of(TOLD).as_json() == TOLD


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        pytest.param({"id": "../../etc"}, "a server's id", id="an id that is a path"),
        pytest.param({"region": "a/b"}, "a region", id="a region that is a path"),
        pytest.param({"hostname": "-x"}, "a host's name", id="a name that is an option"),
        pytest.param({"hostname": ""}, "a host's name", id="no name"),
        pytest.param({"image": {**TOLD["image"], "digest": "../x"}}, "a digest", id="a digest that is a path"),
        pytest.param({"image": {**TOLD["image"], "id": "x"}}, "an image's id", id="no image"),
        pytest.param({"drive": {"../out": ""}}, "a file of a config drive", id="a file outside the drive"),
        pytest.param({"drive": {"/etc/passwd": ""}}, "a file of a config drive", id="an absolute file"),
        pytest.param({"volumes": [{"id": ID, "place": "/"}]}, "a folder of a guest", id="a volume over the root"),
        pytest.param(
            {"volumes": [{"id": ID, "place": "/a/../.."}]}, "a folder of a guest", id="a volume outside the guest"
        ),
        pytest.param({"volumes": [{"id": ID, "place": "srv"}]}, "a folder of a guest", id="a volume nowhere"),
        pytest.param({"memory_mb": "much"}, "cannot be read", id="memory in words"),
        pytest.param({"image": None}, "cannot be read", id="nothing to start from"),
    ],
)
def test_root_works_with_nothing_that_reaches_out_of_the_lab(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        Guest.of({**TOLD, **wrong})


@pytest.mark.parametrize("field", sorted(TOLD))
def test_no_field_may_be_missing(field: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        Guest.of({name: value for name, value in TOLD.items() if name != field})


@given(st.text() | st.integers() | st.none())
def test_only_a_servers_id_is_one(told: object) -> None:
    with pytest.raises(InvalidInput):
        server_id(told)


@given(st.text(alphabet="/.ab", max_size=8))
def test_a_volumes_place_stays_in_the_guest(place: str) -> None:
    try:
        found = Volume.of({"id": ID, "place": place}).place
    except InvalidInput:
        return
    assert found.is_absolute() and ".." not in found.parts and len(found.parts) > 1
