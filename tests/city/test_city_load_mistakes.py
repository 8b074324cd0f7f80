"""One mistake after another, by file: what is planted, what is told, and what kind of mistake it is."""

from collections.abc import Iterator

import pytest

from tests.city.board import Board

Mistakes = list[tuple[str, str, str, str]]
"""What stood there, what stands there now, a part of what is told, and the mistake's name."""

ACCESS_POINTS: Mistakes = [
    ("10.10.0.101", "10.10.0.100", "address 10.10.0.100 is taken", "address twice"),
    ("10.10.0.101", "10.11.0.200", "not in the management network", "wrong subnet"),
    ("10.10.0.101", "10.10.0.1", "gateway", "the gateway's address"),
    ("10.10.0.101", "10.10.0.256", "not an IPv4 address", "no address"),
    ("sw-west-01,2", "sw-west-01,13", "port 13 of sw-west-01 is not", "no such port"),
    ("free,sw-west-01,2", "free,sw-east-01,9", "while its switch", "switch elsewhere"),
    ("6,20,116,27,free,sw-w", "6,20,36,27,free,sw-w", "channel 36", "indoor channel"),
    ("6,20,116,27,free,sw-w", ",,,,free,sw-w", "no radio", "no radio"),
    ("6,20,116,27,free,sw-w", "6,,116,27,free,sw-w", "is missing", "half a radio"),
    ("27,free,sw-west-01,2", "27,fere,sw-west-01,2", "'fere'", "no such SSID"),
    ("3.00404,0.90835", "3.00404 E,0.90835", "wrong unit", "unit in a plain column"),
    ("street-ap", "street-app", "'street-app'", "no such platform"),
    ("planned,\n", "planned,,harbour\n", "17 cells", "a comma too many"),
    ("ap-0002", "2nd-ap", "a letter, then", "id begins with a digit"),
    ("6,20,116,27,free", "6,17.25,116,27,free", "'17.25' is not whole", "fraction of a dBm"),
    ("6,20,116,27,free", "6,-3,116,27,free", "-3 is out of range", "below a milliwatt"),
    ("ap-0002", "AP 2", "lower-case", "id is no slug"),
    ("height_m", "height", "unknown column 'height'", "unknown column"),
    (",tags\n", "\n", "missing column tags", "missing column"),
    (",tags\n", ",site\n", "'site' is given twice", "column twice"),
    ("ap-0002", '"ap-0002"x', "not CSV", "broken quotes"),
]
SWITCHES: Mistakes = [
    ("edge-switch,10.10.0.11", "edge-switch,10.10.9.11", "not in the manage", "switch astray"),
    ("sw-west-01,west", "sw-west-01,wset", "'wset'", "no such site"),
]
SENSORS: Mistakes = [
    ("pole-0002", "pole-0001", "taken already", "sensor twice"),
    ("bus-stop", "bus stop", "'bus stop'", "no such kind of sensor"),
]
POPULATION: Mistakes = [
    ("400,0.25", "400,0.75", "does not fit the boundary", "share is not the square's"),
    ("1500,1.0", "1500,0", "a share of 0 does not fit the boundary", "share of nothing in the city's middle"),
    ("cell-1000-500", "cell-0-500", "taken already", "cell twice"),
    ("900,1.0", "-900,1.0", "-900 is out of range", "negative residents"),
]
BROADBAND: Mistakes = [
    ("620,900", "620,901", "the first row of west says 901", "totals differ"),
    ("620,900", "720,900", "1000 households", "more than there are"),
    ("2024-12-31", "31/12/2024", "not a date", "no date"),
]
BOUNDARY: Mistakes = [
    ('"Polygon"', '"Point"', "no Polygon", "no polygon"),
    ("3.017976", "3000.017976", "not a longitude", "not in degrees"),
]
NETWORKS: Mistakes = [
    ("vlan: 900, cidr: 10.10.0.0/22", "vlan: 110, cidr: 10.10.0.0/22", "taken", "VLAN twice"),
    ("10.10.0.0/22", "10.10.0.1/22", "not an IPv4 network", "host bits"),
    ("10.2.4.0/24", "10.2.4.0/31", "too small", "too small a network"),
    ("10.10.0.0/22", "10.10.0.8/30", "too small", "four addresses for the devices"),
    ("10.10.0.0/22", "10.10.0.10/31", "too small", "two addresses for the devices"),
    ("10.10.0.0/22", "10.10.0.11/32", "too small", "one address for the devices"),
    ("purpose: application", "purpose: apps", "'apps'", "no such purpose"),
]
SITES: Mistakes = [
    ("region: RegionTwo", "region: RegionOne", "RegionOne is that of", "one region twice"),
    ("role: recovery", "role: datacentre", "second site of role", "two data centres"),
    ("  role: district\n", "  role: district\n  region: X\n", "a district has no", "region of a district"),
    ("position: [3.00449, 0.91378]", "position: [3.00449]", "pair of degrees", "half a position"),
    ("position: [3.00449, 0.91378]", "position: [0.9, 3.0]", "outside", "latitude first"),
]
SERVICES: Mistakes = [
    ("image: base", "image: bass", "'bass'", "no such image"),
    ("flavour: small", "flavour: smal", "'smal'", "no such flavour"),
    ("network: iot", "network: wifi", "no network of purpose wifi", "no such tier"),
    ("dns_name: login", "dns_name: www", "www is taken", "DNS name twice"),
    ("source: world", "source: wrold", "'wrold'", "no such source"),
    ("service:portal", "service:job-platform", "with a workload", "source without workload"),
    ("[portal, identity]", "[portal, identitty]", "'identitty'", "no such service"),
    ("rto: 1h", "rto: 20m", "rto 20m is tighter than the 30m of identity", "RTO"),
    ("rto: 1h", "rto: 60", "not a duration", "duration without a unit"),
    ("Mon-Fri 07:00-15:30", "Mon-Fri 15:30-15:30", "end when they begin", "hours of nothing"),
    ("volume: 1 GB", "volume: 1 GiB", "expected GB", "wrong unit of size"),
    ("\nidentity:", "\nportal:", "'portal' is given twice", "service twice"),
    ("tier: 1", "tier: 4", "4 is out of range", "no such tier of service"),
]
PLATFORM: Mistakes = [
    ("sha256: b4", "sha256: b5", "the digest of", "another image"),
    ("file:images", "file:../example/../images", "no file of the city", "image outside"),
]
WIFI: Mistakes = [
    ("vlan: 110", "vlan: 111", "no wifi network has VLAN 111", "VLAN is nowhere"),
    ("EXAMPLE-FREE", "FREE' option", "not an SSID", "quote in an SSID"),
    (", radius: [{address: 10.1.3.7}]", "", "it names no RADIUS server", "enterprise without RADIUS"),
    ("wpa3-enterprise", "owe", "asks no RADIUS server", "RADIUS of a network that asks none"),
    ("10.1.3.7", "radius.example.test", "not an IPv4 address", "name of a RADIUS server"),
    ("10.1.3.7}", "10.1.3.7, secret: hunter2}", "where the secret is kept", "the secret itself"),
    ("10.1.3.7}", "10.1.3.7, key: env:X}", "unknown key 'key'", "key of a RADIUS server misspelt"),
    ("isolated: false", "isolated: no", "neither true nor false", "no is no truth value"),
]
CITY: Mistakes = [
    ("sources_in: en", "sources_in: fr", "'fr' is not known here", "a language that the page does not speak"),
    ("sources_in: en\n", "", "sources_in is missing", "no language of the sources"),
    ("time_zone: UTC", "time_zone: Mars/Base", "not a time zone", "no such time zone"),
    ("EPSG:32631", "EPSG:4326", "in metres", "degrees for a grid"),
    ("EPSG:32631", "EPSG:99999", "EPSG list", "no such system"),
    ("[10.1.3.8]", "[10.1.3.256]", "not an IPv4 address", "no address of a time server"),
    ("[10.1.3.8]", "[]", "ntp_servers is empty", "no time server"),
    ("syslog_server: 10.1.3.9", "syslog_server: log.example.test", "not an IPv4 address", "name of a log server"),
    ("  availability:", "  avialability:", "nobody knows how to measure", "promise misspelt"),
    ("band: 2.4GHz", "band: 24GHz", "band: '24GHz' is not known", "no such band"),
    ("download: 30 Mbit/s", "download: 30", "expected Mbit/s", "speed without a unit"),
    ("      grid: 50 m\n", "", "grid is missing", "a rule that lacks a key"),
    ("grid: 50 m", "grid: 50 m\n      gird: 50 m", "unknown key 'gird'", "a rule with a key too many"),
    ("connections: broadband.csv", "connections: ../broadband.csv", "is no data file", "a file outside the folder"),
]
COST: Mistakes = [
    ("upper: 34000.00", "upper: 24000.00", "below the lower", "bounds turned round"),
    ("2025-01-01\n  currency: EUR", "2025-01-01\n  currency: USD", "the actual cost is in USD", "two currencies"),
    ("currency: EUR", "currency: ERU", "'ERU'", "no such currency"),
    ("end: 2018-01-01", "end: 2017-01-01", "not after its start", "period of nothing"),
]
SERVICE_POINTS: Mistakes = [
    ("kind: market", "kind: bazaar", "'bazaar'", "no such kind of point"),
]

BY_FILE = {
    "access_points.csv": ACCESS_POINTS,
    "switches.csv": SWITCHES,
    "sensors.csv": SENSORS,
    "population.csv": POPULATION,
    "broadband.csv": BROADBAND,
    "boundary.geojson": BOUNDARY,
    "networks.yaml": NETWORKS,
    "sites.yaml": SITES,
    "services.yaml": SERVICES,
    "platform.yaml": PLATFORM,
    "wifi.yaml": WIFI,
    "city.yaml": CITY,
    "cost.yaml": COST,
    "service_points.yaml": SERVICE_POINTS,
}


def every_mistake() -> Iterator[object]:
    for file, mistakes in BY_FILE.items():
        for old, new, fragment, name in mistakes:
            yield pytest.param(file, old, new, fragment, id=f"{file} {name}")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new", "fragment"), list(every_mistake()))
def test_a_mistake_names_its_file(board: Board, file: str, old: str, new: str, fragment: str) -> None:
    board.plant(file, old, new)
    defects = board.defects()
    assert any(d.file.name == file and fragment in d.problem for d in defects), defects
