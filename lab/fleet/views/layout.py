"""Which objects a device has, in their order: shared by all devices of one shape, values read when asked."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from lab.fleet.facts import Facts
from lab.fleet.state import DeviceState
from lab.fleet.views import interfaces, ruckus, switch, system, unifi
from lab.fleet.views.interfaces import VLAN_FROM
from lab.fleet.views.objects import Object, oid


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides which instances there are. `ssids` counts those of each radio."""

    platform: str
    radios: int
    ports: int
    ssids: tuple[int, ...]
    vlans: tuple[int, ...]
    linked: tuple[int, ...]


def shape(state: DeviceState, facts: Facts) -> Shape:
    hardware = state.hardware
    return Shape(
        platform=hardware.platform,
        radios=len(hardware.bands),
        ports=hardware.ports,
        ssids=tuple(len(radio.ssids) for radio in facts.radios),
        vlans=() if hardware.bands else tuple(number for number, _ in facts.vlans),
        linked=tuple(sorted(state.linked)),
    )


class Layout:
    """Objects by OID, in the order that GETNEXT walks (RFC 3416, 4.2.2). OIDs come and go as dotted text."""

    def __init__(self, objects: list[Object]) -> None:
        self._objects = sorted(objects, key=lambda o: o.oid)
        self._oids = [o.oid for o in self._objects]
        self._of = {o.of for o in self._objects}
        self._places = {o.name: place for place, o in enumerate(self._objects)}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, name: str) -> Object | None:
        place = self._places.get(name)
        return None if place is None else self._objects[place]

    def after(self, name: str) -> Object | None:
        """The first object behind `name`; None at the end of the view."""
        place = self._places.get(name)
        following = bisect_right(self._oids, oid(name)) if place is None else place + 1
        return self._objects[following] if following < len(self._objects) else None

    def has_instances_of(self, name: str) -> bool:
        """Whether `name` would be an instance of an object that has others: noSuchInstance, not noSuchObject."""
        arcs = oid(name)
        return any(arcs[:length] in self._of for length in range(len(arcs) + 1))


@lru_cache(maxsize=256)
def layout(of: Shape) -> Layout:
    objects = [*system.system(of.platform), *system.host(), *system.entity(of.platform)]
    if of.platform == "edge-switch":
        indexes = [*range(1, of.ports + 1), *(VLAN_FROM + vlan for vlan in of.vlans)]
        objects += [*interfaces.interfaces(indexes), *switch.power(of.ports), *switch.neighbours(of.linked)]
    else:
        objects += interfaces.interfaces(list(range(1, of.radios + 2)))
        objects += _wireless(of)
    return Layout(objects)


def _wireless(of: Shape) -> list[Object]:
    if of.platform == "street-ap":
        return [*ruckus.hardware(), *ruckus.radios(of.radios), *ruckus.wlans(of.ssids)]
    return [*unifi.system(), *unifi.radios(of.radios), *unifi.vaps(of.ssids)]
