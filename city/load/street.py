"""What stands in the streets: the free Wi-Fi, its switches, sensors and the digital service points."""

from pathlib import Path

from city.load.defects import Defects, nearest
from city.load.estate import VLAN
from city.load.kinds import (
    ADDRESS,
    HARDWARE_NAME,
    HOST_NAME,
    PORT,
    SECRET_REF,
    SLUG,
    SSID_NAME,
    TRUTH,
    choice,
    number,
    whole,
    whole_number,
)
from city.load.record import Listing, Record, by_id, rows
from city.model.places import ServicePoint, ServicePointKind, Status
from city.model.sensors import Sensor, SensorKind
from city.model.wired import Switch
from city.model.wireless import (
    CHANNELS,
    EIRP_LIMIT_DBM,
    AccessPoint,
    Band,
    Radio,
    RadiusServer,
    Security,
    Ssid,
)

SWITCH_COLUMNS = ("id", "site", "lon", "lat", "platform", "address", "ports", "status", "tags")
ACCESS_POINT_COLUMNS = (
    "id",
    "site",
    "lon",
    "lat",
    "height_m",
    "platform",
    "address",
    "channel_2.4GHz",
    "eirp_2.4GHz_dbm",
    "channel_5GHz",
    "eirp_5GHz_dbm",
    "ssids",
    "switch",
    "port",
    "status",
    "tags",
)
RADIO_COLUMNS = tuple(f"radio_{band}" for band in Band)
"""May be left out: what the vendor's box calls each radio, where it has more than one for the band."""
_6_GHZ_COLUMNS = ("channel_6GHz", "eirp_6GHz_dbm", "radio_6GHz")
"""May be there, as an inventory's export has them; each cell is empty."""
SENSOR_COLUMNS = ("id", "kind", "site", "lon", "lat", "status")
_PORTS_MAX = 512
_RADIUS_PORT = 1812
"""RFC 2865, 3."""
_EIRP = whole_number(0, 100, "dBm")
"""Radios are set in whole dBm (IEEE 802.11-2020, 9.4.2.8: the Country element's limit); below 1 mW none is of use."""


def read_ssids(folder: Path, defects: Defects) -> Listing[Ssid]:
    return by_id(folder / "wifi.yaml", _ssid, defects)


def _ssid(record: Record) -> Ssid:
    ssid = Ssid(
        id=record.name,
        name=record.get("name", SSID_NAME),
        vlan=record.get("vlan", VLAN),
        security=record.get("security", choice(Security)),
        isolated=record.get("isolated", TRUTH, default=True),
        radius=tuple(map(_radius_server, record.children("radius"))),
    )
    asks = ssid.security is Security.WPA3_ENTERPRISE
    if record.is_good("security", "radius") and asks != bool(ssid.radius):
        problem = (
            "it names no RADIUS server" if asks else f"a network of security {ssid.security} asks no RADIUS server"
        )
        remedy = "Add radius: [{address, port, secret}]." if asks else "Take radius away, or declare wpa3-enterprise."
        record.defect("security", problem, remedy)
    return ssid


def _radius_server(record: Record) -> RadiusServer:
    server = RadiusServer(
        address=record.get("address", ADDRESS),
        port=record.get("port", PORT, default=_RADIUS_PORT),
        secret=record.get("secret", SECRET_REF) if record.has("secret") else None,
    )
    record.finish()
    return server


def read_switches(folder: Path, defects: Defects) -> Listing[Switch]:
    return rows(folder / "switches.csv", SWITCH_COLUMNS, _switch, defects)


def _switch(record: Record) -> Switch:
    return Switch(
        id=record.get("id", HOST_NAME),
        site=record.get("site", SLUG),
        position=record.point(),
        platform=record.get("platform", SLUG),
        address=record.get("address", ADDRESS),
        ports=record.get("ports", whole(1, _PORTS_MAX)),
        status=record.get("status", choice(Status)),
        tags=record.list("tags", SLUG, once=True),
    )


def read_access_points(folder: Path, defects: Defects) -> Listing[AccessPoint]:
    return rows(
        folder / "access_points.csv",
        ACCESS_POINT_COLUMNS,
        _access_point,
        defects,
        optional=(*RADIO_COLUMNS, *_6_GHZ_COLUMNS),
    )


def _access_point(record: Record) -> AccessPoint:
    return AccessPoint(
        id=record.get("id", HOST_NAME),
        site=record.get("site", SLUG),
        position=record.point(),
        height_m=record.get("height_m", number(3, 20, "m")),
        platform=record.get("platform", SLUG),
        address=record.get("address", ADDRESS),
        radios=_radios(record),
        ssids=record.list("ssids", SLUG, required=True, once=True),
        switch=record.get("switch", SLUG),
        port=record.get("port", whole(1, _PORTS_MAX)),
        status=record.get("status", choice(Status)),
        tags=record.list("tags", SLUG, once=True),
    )


def _radios(record: Record) -> tuple[Radio, ...]:
    present = [band for band in Band if any(map(record.has, (f"channel_{band}", f"eirp_{band}_dbm", f"radio_{band}")))]
    for column in filter(record.has, _6_GHZ_COLUMNS):
        problem = "the EU allows 6 GHz indoors, and outdoors to portable devices alone (Decision (EU) 2021/1067)"
        record.defect(
            column, problem, "Empty the cell: the radio stays off, and what it sends counts for no other band."
        )
    if not present:
        record.defect("channel_5GHz", "it has no radio", "Give a channel and EIRP for at least one band.")
    return tuple(_radio(record, band) for band in present)


def _radio(record: Record, band: Band) -> Radio:
    channel, eirp = f"channel_{band}", f"eirp_{band}_dbm"
    radio = Radio(
        band=band,
        channel=record.get(channel, whole(1, 196)),
        eirp_dbm=record.get(eirp, _EIRP),
        hardware=record.get(f"radio_{band}", HARDWARE_NAME) if record.has(f"radio_{band}") else "",
    )
    if record.is_good(channel) and radio.channel not in CHANNELS[band]:
        allowed = nearest(str(radio.channel), map(str, CHANNELS[band]))
        record.defect(channel, f"channel {radio.channel} is not allowed outdoors in the {band} band", allowed)
    limit = EIRP_LIMIT_DBM[band]
    if record.is_good(eirp) and radio.eirp_dbm > limit:
        problem = f"an EIRP of {radio.eirp_dbm:g} dBm is above the EU limit of the {band} band"
        record.defect(eirp, problem, f"Lower it to at most {limit:g} dBm.")
    return radio


def read_sensors(folder: Path, defects: Defects) -> Listing[Sensor]:
    return rows(folder / "sensors.csv", SENSOR_COLUMNS, _sensor, defects)


def _sensor(record: Record) -> Sensor:
    return Sensor(
        id=record.get("id", SLUG),
        kind=record.get("kind", choice(SensorKind)),
        site=record.get("site", SLUG),
        position=record.point(),
        status=record.get("status", choice(Status)),
    )


def read_service_points(folder: Path, defects: Defects) -> Listing[ServicePoint]:
    return by_id(folder / "service_points.yaml", _service_point, defects)


def _service_point(record: Record) -> ServicePoint:
    return ServicePoint(
        id=record.name,
        name=record.text("name"),
        kind=record.get("kind", choice(ServicePointKind)),
        site=record.get("site", SLUG),
        position=record.point(),
        status=record.get("status", choice(Status)),
    )
