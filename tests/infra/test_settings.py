from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from city.errors import InvalidInput
from city.model.changes import Changes
from city.model.city import City
from city.model.places import SiteRole
from infra.settings import ROOT, read
from infra.stacks import Program, stacks, turns, waves

GIVEN: dict[str, Any] = {"program": "site", "site": "recovery", "city": "cities/example"}


class Config:
    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - JSON is any JSON
        self.values = values

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def get_object(self, key: str) -> Any:  # noqa: ANN401 - JSON is any JSON
        return self.values.get(key)


def test_what_is_left_out_has_a_default() -> None:
    found = read(Config(**GIVEN), {})
    assert (found.program, found.role, found.city) == (Program.SITE, SiteRole.RECOVERY, ROOT / "cities" / "example")
    assert (found.uplink, found.volume_zones, found.overrides, found.released) == ("create", True, {}, {})


def test_the_environment_outweighs_the_configured_city(tmp_path: Path) -> None:
    assert read(Config(**GIVEN), {"ASTY_CITY": str(tmp_path)}).city == tmp_path


def test_a_project_without_admin_says_who_makes_flavours_and_images() -> None:
    found = read(Config(**GIVEN, flavours="existing", images="existing"), {})
    assert (found.flavours, found.images) == ("existing", "existing")
    assert (read(Config(**GIVEN), {}).flavours, read(Config(**GIVEN), {}).images) == ("create", "create")


def test_the_services_that_a_drill_led_away_are_those_of_this_site() -> None:
    away = {"portal": ["datacentre"], "identity": ["datacentre", "recovery"]}
    assert read(Config(**GIVEN, **{"led-away": away}), {}).led_away == {"identity"}
    assert read(Config(**GIVEN), {}).led_away == frozenset()
    for wrong in (["portal"], {"portal": "recovery"}):
        with pytest.raises(InvalidInput, match="led-away"):
            read(Config(**GIVEN, **{"led-away": wrong}), {})


def test_clouds_whose_block_storage_has_other_zones() -> None:
    assert not read(Config(**GIVEN, **{"volume-zones": "any"}), {}).volume_zones


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"program": None}, "asty:program: it is not set", id="no program"),
        pytest.param({"program": "sites"}, "'sites' is not a valid Program", id="a program that is not there"),
        pytest.param({"site": "moon"}, "'moon' is not a valid SiteRole", id="a site that is not there"),
        pytest.param({"city": "cities/nowhere"}, "city folder", id="a city that is not there"),
        pytest.param({"overrides": "yes"}, "it is not a mapping to reasons", id="an override without a reason"),
        pytest.param({"release-volumes": {"portal": 1}}, "it is not a mapping", id="a reason that is no text"),
        pytest.param({"images": "some"}, "not a valid Origin", id="images that are neither"),
        pytest.param({"volume-zones": "some"}, "not a valid VolumeZones", id="zones that are neither"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        read(Config(**{**GIVEN, **changes}), {})


def test_sites_come_before_the_workloads_that_stand_on_them(example_city: City) -> None:
    assert [[stack.name for stack in wave] for wave in waves(stacks(example_city))] == [
        ["lab-datacentre", "lab-recovery"],
        ["lab-workloads-datacentre", "lab-workloads-recovery"],
    ]


@pytest.mark.parametrize("first", [SiteRole.RECOVERY, SiteRole.DATACENTRE])
def test_one_site_is_done_before_the_other_begins_in_the_order_that_the_city_declares(
    first: SiteRole, example_city: City
) -> None:
    last = next(role for role in (SiteRole.RECOVERY, SiteRole.DATACENTRE) if role is not first)
    city = replace(example_city, changes=Changes(first=first))
    names = [stack.name for stack in turns(stacks(city))]
    assert names == [f"lab-{first}", f"lab-workloads-{first}", f"lab-{last}", f"lab-workloads-{last}"]


def test_every_stack_has_a_committed_file_that_agrees(example_city: City) -> None:
    for stack in stacks(example_city):
        text = (ROOT / f"Pulumi.{stack.name}.yaml").read_text(encoding="utf-8")
        assert f"asty:program: {stack.program}\n" in text
        assert f"asty:site: {stack.role}\n" in text
        assert f"openstack:cloud: {stack.cloud}\n" in text
        assert "salt" not in text


def test_the_recovery_sites_stacks_name_nothing_of_the_data_centre(example_city: City) -> None:
    for stack in stacks(example_city):
        if stack.role is SiteRole.RECOVERY:
            assert "datacentre" not in (ROOT / f"Pulumi.{stack.name}.yaml").read_text(encoding="utf-8")
