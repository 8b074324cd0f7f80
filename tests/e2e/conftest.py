"""One operator, one lab, one story: each test goes on from where the one before it left the world, and mends it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.lab import Lab
from tests.e2e.operator import REPOSITORY, Operator

IN_THE_CLOUD = ("portal", "identity", "e-services", "open-data", "iot-platform", "city-dashboard")
"""What of Thessaloniki moved there first. All twenty are for tests/soak: each step here would wait for each of them."""
WITH_DATABASE = "portal"
_JOURNAL = "  journal: monitoring\n"
"""Of city.yaml: a drill's journal stands with the operators again, for that service is not among them."""
_SHOWS = "roles: [dashboard]"
"""Who shows the city needs somebody who watches it, and that one is not among them."""
_KEY = re.compile(r"^(  )?([a-z_-]+):")


def moved_first(services: str) -> str:
    """services.yaml, in which the other services have no workload yet, and one alone keeps data that are copied."""
    kept, service, key = list[str](), "", ""
    for line in services.splitlines(keepends=True):
        if found := _KEY.match(line):
            service, key = (service, found[2]) if found[1] else (found[2], "")
        gone = set() if service in IN_THE_CLOUD else {"workload", "probe"}
        gone |= set() if service == WITH_DATABASE else {"database", "backup"}
        if key not in gone and line.strip() != _SHOWS:
            kept.append(line)
    return "".join(kept)


def as_it_began(city: Path) -> None:
    """Make this copy of Thessaloniki's data the city of those services alone."""
    services, general = city / "services.yaml", city / "city.yaml"
    services.write_text(moved_first(services.read_text(encoding="utf-8")), encoding="utf-8")
    general.write_text(general.read_text(encoding="utf-8").replace(_JOURNAL, ""), encoding="utf-8")


@pytest.fixture(scope="session")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """At the command line of the test lab, everything in it wiped, with a copy of Thessaloniki to edit."""
    lab.wipe()
    for kept in lab.params.root.parent.glob("[!.]*"):  # of the workspace: ledger, journal, Pulumi's state
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    lab.up(print)
    city = tmp_path_factory.mktemp("cities") / "thessaloniki"
    shutil.copytree(REPOSITORY / "cities" / "thessaloniki", city)
    as_it_began(city)
    return Operator(workspace=lab.params.name, city=city)


@pytest.fixture
def city_data(operator: Operator) -> Iterator[Path]:
    """The folder of the city's data; what a test changes in it is put back."""
    kept = operator.city.with_name("kept")
    shutil.copytree(operator.city, kept)
    yield operator.city
    shutil.rmtree(operator.city)
    kept.rename(operator.city)


@pytest.fixture(scope="session")
def first_plan(operator: Operator) -> dict[str, Any]:
    """Of a city of which nothing stands yet."""
    plan: dict[str, Any] = operator.asks("plan")
    return plan


@pytest.fixture(scope="session")
def first_apply(operator: Operator, first_plan: dict[str, Any]) -> dict[str, Any]:
    """What became of that plan."""
    done: dict[str, Any] = operator.asks("apply", "--plan", first_plan["hash"][:12])
    return done


@pytest.fixture(scope="session")
def city_up(operator: Operator, first_apply: dict[str, Any]) -> Operator:
    """The whole city, brought up by `asty plan` and `asty apply`; what they did is in test_1_loop."""
    assert first_apply["exit_code"] == 0
    return operator
