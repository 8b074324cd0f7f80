"""Whether each device can be what the city's data declare it to be: a rule of `asty check`, asked of each platform.

load(folder, fitness.check) -> the City, or InvalidCity with each misfit at its line
"""

from collections.abc import Iterator

from city.load.declared import Declared
from city.load.defects import Defects, nearest
from city.load.identity import devices
from city.load.record import Found, Record
from city.model.city import Device
from city.model.wireless import AccessPoint
from platforms.record import Hardware, Kind, Misfit
from platforms.registry import names, platform


def check(declared: Declared, defects: Defects) -> None:
    """Every device's platform is one for devices of its kind, and takes what is declared for the device."""
    del defects  # each defect goes through the record that knows its line
    ssids = {found.value.id: found for found in declared.ssids.items}
    places: dict[object, Record] = {found.value: found.record for found in ssids.values()}
    said: set[tuple[object, str]] = set()
    for found in devices(declared):
        if not _known(found):
            continue
        carried = found.value.ssids if isinstance(found.value, AccessPoint) else ()
        wanted = tuple(ssids[name].value for name in carried if name in ssids)
        kind = platform(found.value.platform)
        for misfit in (*_radios(found.value, kind.hardware), *kind.misfits(found.value, wanted)):
            record = places.get(misfit.thing, found.record)
            if record.is_good(misfit.field) and (record, misfit.problem) not in said:
                said.add((record, misfit.problem))
                record.defect(misfit.field, misfit.problem, misfit.remedy)


def _known(found: Found[Device]) -> bool:
    if not found.record.is_good("platform"):
        return False
    kind = Kind.ACCESS_POINT if isinstance(found.value, AccessPoint) else Kind.SWITCH
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
