"""What a valid folder becomes: the same City each time, complete, and without needless work."""

import cProfile
import csv
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from city.load import load
from city.model.places import SiteRole, Status
from city.model.sensors import SensorKind
from city.model.services import Recovery
from city.model.wired import Purpose
from city.model.wireless import Band

STRATEGY = "Digital Strategy of the Municipality of Thessaloniki 2017-2030, chapter The connected city"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["example", "thessaloniki"])
def test_loading_twice_gives_equal_cities(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    assert load(folder) == load(folder)


def test_every_field_is_read(example: Path) -> None:
    city = load(example)
    portal, ap = city.service("portal"), city.access_points[1]
    assert (portal.rto, portal.rpo, portal.recovery) == (timedelta(hours=1), timedelta(minutes=15), Recovery.WARM)
    assert portal.workload is not None
    assert portal.workload.volume_gb == 1
    assert [(radio.band, radio.channel, radio.eirp_dbm) for radio in ap.radios] == [
        (Band.GHZ_2_4, 6, 20.0),
        (Band.GHZ_5, 116, 27.0),
    ]
    assert (ap.switch, ap.port, ap.ssids, str(ap.address)) == ("sw-west-01", 2, ("free",), "10.10.0.101")
    assert city.network("west", Purpose.MANAGEMENT).vlan == 900
    assert city.site_of(SiteRole.RECOVERY).region == "RegionTwo"
    assert city.service("job-platform").hours.days == (0, 1, 2, 3, 4)
    rule = city.promise("broadband").rule
    assert isinstance(rule.content, dict)
    download = rule.content["download"]
    lines = (example / "city.yaml").read_text(encoding="utf-8").splitlines()
    assert (download.content, lines[download.place.line - 1].strip()) == ("30 Mbit/s", "download: 30 Mbit/s")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["example", "thessaloniki"])
def test_the_cells_add_up_to_the_census(name: str, request: pytest.FixtureRequest) -> None:
    population = load(request.getfixturevalue(name)).population
    assert math.fsum(cell.residents for cell in population.cells) == pytest.approx(population.total, abs=1e-6)


def test_thessaloniki_declares_what_was_asked_of_it(thessaloniki: Path) -> None:
    city = load(thessaloniki)
    assert city.population.total == 319_045
    assert city.population.factor == pytest.approx(1.06378, abs=5e-6)
    assert len(city.access_points) >= 420
    assert 0.25 <= Counter(ap.platform for ap in city.access_points)["mesh-ap"] / len(city.access_points) <= 0.35
    assert Counter(sensor.kind for sensor in city.sensors) == {SensorKind.LIGHT_POLE: 300, SensorKind.BUS_STOP: 100}
    assert len(city.service_points) == 5
    assert len(city.services) == 20
    assert [service.id for service in city.services if service.workload is None or service.probe is None] == []
    targets = {"wireless-coverage": 0.8, "broadband": 0.8, "running-cost": 0.3, "availability": 0.9}
    assert {name: city.promise(name).target for name in targets} == targets
    assert {city.promise(name).source for name in targets} == {STRATEGY}


def test_nothing_in_thessaloniki_is_presented_as_surveyed_or_accounted(thessaloniki: Path) -> None:
    city = load(thessaloniki)
    placed = (*city.sites, *city.devices, *city.sensors, *city.service_points)
    assert {thing.status for thing in placed} == {Status.PLANNED}
    costs = re.findall(r"status: ([a-z]+)", (thessaloniki / "cost.yaml").read_text(encoding="utf-8"))
    assert set(costs) == {"estimate"}
    with (thessaloniki / "broadband.csv").open(encoding="utf-8", newline="") as file:
        assert not any(int(row["households"]) for row in csv.DictReader(file)), "no row says what anybody has"


def test_every_access_point_of_thessaloniki_serves_the_free_ssid(thessaloniki: Path) -> None:
    assert all("free" in ap.ssids for ap in load(thessaloniki).access_points)


@pytest.mark.slow
def test_the_work_of_loading_grows_with_the_city_and_no_faster(thessaloniki: Path, tmp_path: Path) -> None:
    """Thessaloniki with each access point declared once, twice and four times, at other addresses and ports."""
    calls, devices = {}, {}
    for times in (1, 2, 4):
        folder = Path(shutil.copytree(thessaloniki, tmp_path / str(times)))
        _grow(folder, times=times)
        devices[times] = len(load(folder).devices)
        calls[times] = _calls_of(partial(load, folder))
    assert devices[4] - devices[2] == 2 * (devices[2] - devices[1]) > 800
    assert calls[4] - calls[2] < 2.02 * (calls[2] - calls[1])
    assert calls[4] < 480 * devices[4], "a device costs 398, the rest of the city 94,000"


def _calls_of(work: Callable[[], object]) -> int:
    """How many functions it calls, built-in ones included: a measure that no machine changes."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def _grow(folder: Path, times: int) -> None:
    points, switches = folder / "access_points.csv", folder / "switches.csv"
    switches.write_text(switches.read_text(encoding="utf-8").replace(",24,planned", ",96,planned"), encoding="utf-8")
    with points.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with points.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for copy in range(times):
            writer.writerows(_copied(row, copy) for row in rows)


def _copied(row: dict[str, str], copy: int) -> dict[str, str]:
    first, second, third, fourth = row["address"].split(".")
    address = f"{first}.{second}.{int(third) + 2 * copy}.{fourth}"
    return {**row, "id": f"{row['id']}-{copy}", "address": address, "port": str(int(row["port"]) + 24 * copy)}
