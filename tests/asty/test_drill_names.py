"""The city's names as drills change them: the same promises of Designate, and of a real Knot that takes updates."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from asty.city_data import load
from asty.designate_names import DesignateNames
from asty.drill_ground import CityGround
from asty.updated_names import UpdatedNames
from city.errors import Failed, InvalidInput
from city.model.name_updates import Algorithm, NameUpdates
from city.model.places import SiteRole
from city.secrets import Secret, SecretRef
from drs.hands.cloud import Names, Record
from infra.hosts.access import Access
from lab.names.endpoint import Endpoint
from lab.names.knot import Key, Rights
from lab.names.packages import NEEDS
from lab.names.site import Place, Site
from lab.openstack.drivers.exchange import Exchange
from lab.openstack.environment import alone
from lab.params import LabParams
from lab.system import Need
from tests.drs.scenes import FakeStreet
from tests.drs.twins import EXAMPLE
from tests.lab.names.zones import zone
from tests.lab.packages import have

pytestmark = pytest.mark.slow
ZONE = "drilled.test."
WWW = f"www.{ZONE}"
GOES_S = 300.0
BEFORE, AFTER = Record(addresses=("10.1.1.1",), ttl_s=300), Record(addresses=("10.2.2.2",), ttl_s=300)
TSIG = "ZHJpbGxzIGRyaWxscyBkcmlsbHMgZHJpbGxzIGRyaWw="
SERVER = Endpoint(address=IPv4Address("127.92.3.1"), port=5300)
UPDATES = NameUpdates(server=SERVER.address, port=SERVER.port, key="drills", secret=SecretRef("env", "ASTY_TSIG"))
Make = Callable[[], Names]


@contextmanager
def knot(folder: Path) -> Iterator[Site]:
    """A real Knot that serves the zone, and takes updates that are signed by the key of drills."""
    place = Place(
        exchange=folder / "names",
        authority=SERVER,
        resolver=Endpoint(address=IPv4Address("127.92.3.11"), port=5300),
        rights=Rights(update=(Key(name="drills", secret=Secret(TSIG)),)),
        clients=(IPv4Network("127.0.0.0/8"),),
        beyond=(),
    )
    site = Site(place)
    try:
        www = [(WWW, "A", BEFORE.ttl_s, address) for address in BEFORE.addresses]
        Exchange(place.exchange).wanted.write({"zones": [zone(1_700_000_000, *www, name=ZONE)]})
        site.round(whole=False)
        yield site
    finally:
        site.stop()


@contextmanager
def designate(there: LabParams) -> Iterator[Names]:
    """The zone in the lab's own Designate, until the end."""
    config = OpenStackConfig(config_files=[str(there.clouds_yaml)], load_envvars=False)
    with Connection(config=config.get_one(cloud="recovery")) as cloud:
        made = cloud.dns.create_zone(name=ZONE, email="hostmaster@drilled.test", ttl=60)
        try:
            cloud.dns.create_recordset(made, name=WWW, type="A", ttl=BEFORE.ttl_s, records=list(BEFORE.addresses))
            yield DesignateNames(site="recovery", connect=lambda: cloud)
        finally:
            cloud.dns.delete_zone(made)
            until = time.monotonic() + GOES_S
            while any(zone.name == ZONE for zone in cloud.dns.zones()):  # the next test makes it anew
                assert time.monotonic() < until, "the zone does not go"
                time.sleep(0.1)


@pytest.fixture(params=["knot", pytest.param("designate", marks=pytest.mark.lab)])
def names(request: pytest.FixtureRequest, lab_params: LabParams) -> Iterator[Names]:
    if request.param == "designate":
        request.getfixturevalue("regions")
        with designate(lab_params) as found:
            yield found
        return
    request.getfixturevalue("updated")
    yield UpdatedNames(site="recovery", updates=UPDATES)


@pytest.fixture
def updated(tmp_path: Path, lab_params: LabParams, monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    tools = Need(package="knot-dnsutils", why="questions", shown_by=Path("/usr/bin/kdig"))
    have((*NEEDS, tools))
    monkeypatch.setenv("ASTY_TSIG", TSIG)
    with alone(lab_params.root.with_name(".names.tests")), knot(tmp_path):
        yield UpdatedNames(site="recovery", updates=UPDATES)


def test_what_the_zone_has_is_told_with_its_time_to_live(names: Names) -> None:
    assert names.record(WWW) == BEFORE
    assert names.record(f"nobody.{ZONE}") is None


def test_a_name_leads_elsewhere_at_once_and_may_be_told_so_twice(names: Names) -> None:
    for _ in range(2):
        names.lead(WWW, AFTER)
        assert names.record(WWW) == AFTER


def test_the_time_to_live_is_lowered_where_the_name_leads_stays(names: Names) -> None:
    names.lead(WWW, replace(BEFORE, ttl_s=5))
    assert names.record(WWW) == Record(addresses=BEFORE.addresses, ttl_s=5)
    names.lead(WWW, BEFORE)
    assert names.record(WWW) == BEFORE


def test_a_name_of_several_addresses_is_replaced_whole(names: Names) -> None:
    names.lead(WWW, replace(AFTER, addresses=("10.2.2.2", "10.2.2.3")))
    found = names.record(WWW)
    assert found
    assert set(found.addresses) == {"10.2.2.2", "10.2.2.3"}
    names.lead(WWW, AFTER)
    assert names.record(WWW) == AFTER


def test_a_name_that_the_zone_does_not_have_is_not_made(names: Names) -> None:
    with pytest.raises(Failed, match="the DNS of recovery does not have it"):
        names.lead(f"nobody.{ZONE}", AFTER)
    assert names.record(f"nobody.{ZONE}") is None


@pytest.mark.parametrize(
    ("secret", "updates", "problem"),
    [
        ("c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIgc3RyYW4=", UPDATES, r"127\.92\.3\.1 of recovery"),
        (TSIG, replace(UPDATES, key="stranger"), r"127\.92\.3\.1 of recovery"),
        (TSIG, replace(UPDATES, algorithm=Algorithm.SHA512), r"127\.92\.3\.1 of recovery"),
        (TSIG, replace(UPDATES, port=5399), "nothing listens|refused"),
        ("no base64!", UPDATES, r"127\.92\.3\.1 of recovery"),
    ],
    ids=["another secret", "another key", "another algorithm", "nobody there", "no secret at all"],
)
def test_who_does_not_sign_with_the_servers_key_changes_nothing_and_no_secret_is_told(
    updated: Names, monkeypatch: pytest.MonkeyPatch, secret: str, updates: NameUpdates, problem: str
) -> None:
    monkeypatch.setenv("ASTY_TSIG", secret)
    with pytest.raises(Failed, match=problem) as told:
        UpdatedNames(site="recovery", updates=updates).lead(WWW, AFTER)
    assert secret not in str(told.value)
    monkeypatch.setenv("ASTY_TSIG", TSIG)
    assert updated.record(WWW) == BEFORE


def test_a_secret_that_is_not_there_is_named_before_anybody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTY_TSIG", raising=False)
    with pytest.raises(InvalidInput, match="ASTY_TSIG"):
        UpdatedNames(site="recovery", updates=UPDATES).record(WWW)


def test_the_citys_data_say_who_changes_the_names_of_a_site(tmp_path: Path) -> None:
    city = load(EXAMPLE)
    sites = tuple(replace(site, name_updates=UPDATES if site.id == "recovery" else None) for site in city.sites)
    ground = CityGround(
        city=replace(city, sites=sites),
        clouds=tmp_path / "clouds.yaml",
        access=Access(user="root"),
        outside=FakeStreet(clouds={}),  # type: ignore[arg-type]  # nobody asks it
    )
    assert isinstance(ground.cloud(SiteRole.RECOVERY).names, UpdatedNames)
    assert isinstance(ground.cloud(SiteRole.DATACENTRE).names, DesignateNames)


def test_no_secret_is_in_what_is_printed_of_it() -> None:
    os.environ.setdefault("ASTY_TSIG", TSIG)
    assert TSIG not in repr(UpdatedNames(site="recovery", updates=UPDATES))
