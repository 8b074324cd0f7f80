"""The story's city is one: seen before a lab is made for it."""

import shutil
from pathlib import Path

from asty.city_data import load
from tests.e2e.conftest import IN_THE_CLOUD, as_it_began
from tests.e2e.operator import REPOSITORY


def test_the_services_that_moved_first_are_a_city_without_defect(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "cities" / "thessaloniki", tmp_path / "city")
    as_it_began(tmp_path / "city")
    assert {one.id for one in load(tmp_path / "city").services if one.workload} == set(IN_THE_CLOUD)
