"""A first draft of a city's street: switches, access points and sensors where nobody surveyed yet.

What it writes says so: every row has `status: planned`. The same folder gives the same rows. Where somebody
surveyed since, it is refused.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from city.errors import Failed, Refused
from city.geography import Boundary, Plane, Point
from city.load.declared import Ground, read_ground
from city.load.defects import Defects
from city.load.kinds import SLUG, TEXT, number, quantity, whole
from city.load.record import Record
from city.load.source import read_csv, read_yaml
from city.load.street import ACCESS_POINT_COLUMNS, SENSOR_COLUMNS, SWITCH_COLUMNS
from city.model.places import Site, SiteRole, Status
from city.model.sensors import SensorKind
from city.model.wired import Purpose
from city.model.wireless import CHANNELS, EIRP_LIMIT_DBM, Band
from city.placing import Land, cable, channels, groups, middle, nearest_centre

_FIRST_SWITCH, _FIRST_ACCESS_POINT = 10, 100
"""Host numbers in a district's management network."""
_FIRST_ROUTER = 6
_UPLINKS = 2
_ROUTER_PORTS = 8
_EDGE, _ROUTER = "edge-switch", "frr"
_STREET, _MESH = "street-ap", "mesh-ap"
_NON_OVERLAPPING = (1, 6, 11)
_PREFIX = {SensorKind.LIGHT_POLE: "pole", SensorKind.BUS_STOP: "stop"}

_COLUMNS = {
    "switches.csv": SWITCH_COLUMNS,
    "access_points.csv": ACCESS_POINT_COLUMNS,
    "sensors.csv": SENSOR_COLUMNS,
}

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scattering:
    count: int
    separation_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlan:
    """draft.yaml: how many of each, how far apart, and the seed that makes it repeatable."""

    seed: str
    access_points: Scattering
    mesh_share: float
    mesh_tags: tuple[str, ...]
    """The tags that mesh access points take in turn; `-` for none."""
    height_m: float
    ssids: tuple[str, ...]
    district_ssids: tuple[str, ...]
    """Which the first street access point of each district sends as well."""
    channel_reach_m: float
    switch_ports: int
    access_points_per_switch: int
    routers: int
    sensors: Mapping[SensorKind, Scattering]


def draft(folder: Path) -> dict[str, str]:
    """The CSV files, by name, that `folder`'s draft.yaml asks for.

    Raises InvalidCity where its data is wrong, Refused where one of them holds what was surveyed, and
    Failed where what draft.yaml asks for does not fit.
    """
    defects = Defects()
    _spare_the_surveyed(folder, defects)
    ground = read_ground(folder, defects)
    record = Record("draft.yaml", read_yaml(folder / "draft.yaml", defects), defects)
    plan = _plan(record)
    defects.raise_if_any()
    if ground.boundary is None:
        raise AssertionError("a boundary that cannot be read is a defect")
    street = _Street(ground, ground.boundary, plan)
    rows = street.switches(), street.access_points(), street.sensors()
    return {name: _table(columns, found) for (name, columns), found in zip(_COLUMNS.items(), rows, strict=True)}


def write_draft(folder: Path) -> tuple[Path, ...]:
    """Writes what `draft` gives over the folder's files, and says which."""
    written = []
    for name, text in draft(folder).items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return tuple(written)


def _spare_the_surveyed(folder: Path, defects: Defects) -> None:
    for name, columns in _COLUMNS.items():
        path = folder / name
        for row in (read_csv(path, columns, defects) or []) if path.exists() else []:
            fields = row.content if isinstance(row.content, dict) else {}
            status = fields["status"].content
            if status != Status.PLANNED:
                problem = f"{fields['id'].content} is {status}, and a draft would overwrite it"
                raise Refused(f"{path}:{row.place.line}", problem, f"Move {path.name} away to draft it anew.")


def _plan(record: Record) -> DraftPlan:
    plan = DraftPlan(
        seed=record.get("seed", TEXT),
        access_points=_scattering(record.child("access_points")),
        mesh_share=record.get("mesh_share", number(0, 1)),
        mesh_tags=record.list("mesh_tags", TEXT),
        height_m=record.get("height", quantity(3, 20, "m")),
        ssids=record.list("ssids", SLUG, required=True),
        district_ssids=record.list("district_ssids", SLUG),
        channel_reach_m=record.get("channel_reach", quantity(1, 5000, "m")),
        switch_ports=record.get("switch_ports", whole(_UPLINKS + 1, 96)),
        access_points_per_switch=record.get("access_points_per_switch", whole(1, 94)),
        routers=record.get("routers", whole(0, 4)),
        sensors={kind: _scattering(record.child(kind)) for kind in SensorKind},
    )
    record.finish()
    return plan


def _scattering(record: Record) -> Scattering:
    found = Scattering(
        count=record.get("count", whole(0, 100_000)), separation_m=record.get("separation", quantity(0, 5000, "m"))
    )
    record.finish()
    return found


def _table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where one access point stands, and where its cable ends."""

    site: str
    point: Point
    switch: str
    port: int
    address: IPv4Address


class _District:
    """The access points of one district and the switches that carry them."""

    def __init__(self, site: str, points: Iterable[Point], management: IPv4Network) -> None:
        self._site, self._management = site, management
        self._points = sorted(points)
        self._cabinets: list[Point] = []
        self._ends: list[int] = []

    def wire(self, plane: Plane, plan: DraftPlan) -> None:
        """A cabinet beside the middle one of each group; then each point to the nearest with a free port."""
        places = plane.all_to_metres(self._points)
        cabinets = [middle(group, places) for group in groups(places, plan.access_points_per_switch)]
        self._cabinets = [self._points[i] for i in cabinets]
        self._ends = cable(places, [places[i] for i in cabinets], plan.switch_ports - _UPLINKS)

    def switches(self, ports: int) -> Iterator[Row]:
        for i, point in enumerate(self._cabinets):
            address = _host(self._management, _FIRST_SWITCH + i)
            yield self._switch(i), self._site, *_degrees(point), _EDGE, address, ports, Status.PLANNED, ""

    def spots(self) -> Iterator[_Spot]:
        """Their addresses begin at a round number, or behind the switches where these reach further."""
        used: Counter[int] = Counter()
        first = max(_FIRST_ACCESS_POINT, _FIRST_SWITCH + len(self._cabinets))
        for i, (point, end) in enumerate(zip(self._points, self._ends, strict=True)):
            used[end] += 1
            address = _host(self._management, first + i)
            yield _Spot(site=self._site, point=point, switch=self._switch(end), port=used[end], address=address)

    def _switch(self, index: int) -> str:
        return f"sw-{self._site}-{index + 1:02d}"


def _host(network: IPv4Network, number_of: int) -> IPv4Address:
    if not 0 < number_of < network.num_addresses - 1:
        raise Failed(
            f"network {network}",
            "it is too small for the devices of the draft",
            "Ask for fewer in draft.yaml, or give the district a larger network before anything of it is built.",
        )
    return network[number_of]


def _sites(ground: Ground, role: SiteRole) -> list[Site]:
    found = [site for site in ground.sites.values if site.role is role]
    if not found:
        raise Failed("the draft", f"there is no site of role {role}", "Declare one in sites.yaml.")
    return found


class _Street:
    def __init__(self, ground: Ground, boundary: Boundary, plan: DraftPlan) -> None:
        self._ground, self._plane, self._plan = ground, boundary.plane, plan
        self._land = Land(boundary, ground.general.population.cells)
        self._centres = {site.id: site.position for site in _sites(ground, SiteRole.DISTRICT)}
        self._districts = [_District(site, points, self._management(site)) for site, points in self._scattered()]
        for district in self._districts:
            district.wire(self._plane, plan)

    def _scattered(self) -> list[tuple[str, list[Point]]]:
        wanted = self._plan.access_points
        found: dict[str, list[Point]] = {site: [] for site in self._centres}
        for point in self._land.scatter(wanted.count, wanted.separation_m, f"{self._plan.seed} access-points"):
            found[nearest_centre(point, self._centres, self._plane)].append(point)
        return list(found.items())

    def _management(self, site: str) -> IPv4Network:
        for network in self._ground.networks.values:
            if network.site == site and network.purpose is Purpose.MANAGEMENT:
                return network.cidr
        raise Failed(f"site {site}", "it has no network of purpose management", "Add one to networks.yaml.")

    def switches(self) -> Iterator[Row]:
        datacentre, *_ = _sites(self._ground, SiteRole.DATACENTRE)
        where = _degrees(datacentre.position)
        for i in range(self._plan.routers):
            management = self._management(datacentre.id)
            address = _host(management, _FIRST_ROUTER - i)
            name = f"rt-{datacentre.id}-{i + 1:02d}"
            yield name, datacentre.id, *where, _ROUTER, address, _ROUTER_PORTS, Status.PLANNED, ""
        for district in self._districts:
            yield from district.switches(self._plan.switch_ports)

    def access_points(self) -> Iterator[Row]:
        spots = [spot for district in self._districts for spot in district.spots()]
        places = self._plane.all_to_metres([spot.point for spot in spots])
        lower = channels(places, _NON_OVERLAPPING, self._plan.channel_reach_m)
        upper = channels(places, CHANNELS[Band.GHZ_5], self._plan.channel_reach_m)
        begun = set[str]()
        for n, (spot, *chosen) in enumerate(zip(spots, lower, upper, strict=True), 1):
            first = spot.site not in begun and self._platform(n)[0] == _STREET
            begun |= {spot.site} if first else set()
            yield self._access_point(n, spot, chosen, self._plan.district_ssids if first else ())

    def _access_point(self, n: int, spot: _Spot, chosen: Sequence[int], besides: tuple[str, ...]) -> Row:
        platform, tag = self._platform(n)
        return (
            f"ap-{n:04d}",
            spot.site,
            *_degrees(spot.point),
            f"{self._plan.height_m:g}",
            platform,
            spot.address,
            chosen[0],
            f"{EIRP_LIMIT_DBM[Band.GHZ_2_4]:g}",
            chosen[1],
            f"{EIRP_LIMIT_DBM[Band.GHZ_5]:g}",
            " ".join((*self._plan.ssids, *besides)),
            spot.switch,
            spot.port,
            Status.PLANNED,
            tag,
        )

    def _platform(self, n: int) -> tuple[str, str]:
        """The platform and tag of the n-th access point, mesh ones spread evenly among the others."""
        before, now = int((n - 1) * self._plan.mesh_share), int(n * self._plan.mesh_share)
        if now == before:
            return _STREET, ""
        tags = self._plan.mesh_tags or ("-",)
        return _MESH, tags[now % len(tags)].strip("-")

    def sensors(self) -> Iterator[Row]:
        for kind, wanted in self._plan.sensors.items():
            points = sorted(self._land.scatter(wanted.count, wanted.separation_m, f"{self._plan.seed} {kind}"))
            for n, point in enumerate(points, 1):
                site = nearest_centre(point, self._centres, self._plane)
                yield f"{_PREFIX[kind]}-{n:04d}", kind, site, *_degrees(point), Status.PLANNED


def _degrees(point: Point) -> tuple[str, str]:
    return f"{point.lon:.5f}", f"{point.lat:.5f}"
