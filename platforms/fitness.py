"""Whether each device can be what the city's data declare it to be: a rule of `asty check`, asked of each platform.

load(folder, fitness.check) -> the City, or InvalidCity with each misfit at its line
"""

from collections.abc import Iterator, Sequence

from city.load.declared import Declared
from city.load.defects import Defects, nearest
from city.load.identity import devices
from city.load.record import Found, Record
from city.model.city import Device
from city.model.wired import Network, Purpose
from city.model.wireless import AccessPoint, Ssid
from platforms.record import DeviceKind, Hardware, Misfit, Platform
from platforms.registry import names, platform


def check(declared: Declared, defects: Defects) -> None:
    """Every device's platform is one for devices of its kind, and takes what is declared for the device."""
    del defects  # each defect goes through the record that knows its line
    ssids = {found.value.id: found.value for found in declared.ssids.items}
    places: dict[object, Record] = {found.value: found.record for found in declared.ssids.items}
    places |= {found.value: found.record for found in declared.ground.networks.items}
    said: set[tuple[object, str]] = set()
    for found in devices(declared):
        if not _known(found):
            continue
        device, kind = found.value, platform(found.value.platform)
        wanted = tuple(ssids[name] for name in _carried(device, declared) if name in ssids)
        own = wanted if isinstance(device, AccessPoint) else ()
        vlans = _vlans(device, kind, (*wanted, *_managed_by(device, declared)))
        for misfit in (*_radios(device, kind.hardware), *kind.misfits(device, own), *vlans):
            record = places.get(misfit.thing, found.record)
            if record.is_good(misfit.field) and (record, misfit.problem) not in said:
                said.add((record, misfit.problem))
                record.defect(misfit.field, misfit.problem, misfit.remedy)


def _carried(device: Device, declared: Declared) -> list[str]:
    """The SSIDs that an access point sends, or whose VLANs a switch takes to the access points on its ports."""
    points = declared.access_points.values
    behind = [device] if isinstance(device, AccessPoint) else [point for point in points if point.switch == device.id]
    return [name for point in behind for name in point.ssids]


def _managed_by(device: Device, declared: Declared) -> list[Network]:
    networks = declared.ground.networks.values
    return [found for found in networks if found.purpose is Purpose.MANAGEMENT and device.address in found.cidr]


def _vlans(device: Device, kind: Platform, used: Sequence[Ssid | Network]) -> Iterator[Misfit]:
    for thing in used:
        if thing.vlan in kind.own_vlans:
            problem = f"VLAN {thing.vlan} is none that a box of {kind.name} gives away, as {device.id} should"
            kept = ", ".join(map(str, sorted(kind.own_vlans)))
            yield Misfit(thing=thing, field="vlan", problem=problem, remedy=f"Choose another than {kept}.")


def _known(found: Found[Device]) -> bool:
    if not found.record.is_good("platform"):
        return False
    kind = DeviceKind.ACCESS_POINT if isinstance(found.value, AccessPoint) else DeviceKind.SWITCH
    if found.value.platform in names(kind):
        return True
    problem = f"platform: {found.value.platform!r} is not known here"
    found.record.defect("platform", problem, nearest(found.value.platform, names(kind)))
    return False


def _radios(device: Device, hardware: Hardware) -> Iterator[Misfit]:
    """Each declared radio is one that the box has for its band; the data give one radio to a band."""
    for radio in device.radios if isinstance(device, AccessPoint) else ():
        field, name = f"radio_{radio.band}", hardware.radio_of(radio)
        of_band = [found.name for found in hardware.radios if found.band is radio.band]
        if name is None:
            problem = f"{device.platform} has no radio {radio.hardware!r} for {radio.band}".replace("radio ''", "radio")
            yield Misfit(thing=device, field=field, problem=problem, remedy=f"It has: {', '.join(of_band) or 'none'}.")
